package shared

import (
	"errors"
	"strings"
)

// ErrClosed is what errors.Is finds in the error of any call on a connection
// that is closed or closing.
var ErrClosed = errors.New("websocket: connection closed")

// A Violation says which rule the peer broke. The connection has to be failed
// with Code. RFC 6455 §7.1.7.
type Violation struct {
	Code    StatusCode // what answers it: 1002, 1007, 1009
	Rule    string     // what was wrong, with the offending value
	Section string     // where the rule stands, "RFC 6455 §5.2"; may be empty
}

// Error gives it on one line: "protocol error: opcode 0x3 is reserved (RFC 6455
// §5.2)".
func (v *Violation) Error() string { return v.Code.name() + ": " + v.text() }

func (v *Violation) text() string {
	if v.Section == "" {
		return v.Rule
	}
	return v.Rule + " (" + v.Section + ")"
}

func protocolError(rule, section string) error {
	return &Violation{StatusProtocolError, rule, section}
}

// A Party is one of those who can end a connection.
type Party uint8

// The parties.
const (
	PartyLocal   Party = iota + 1 // this end
	PartyPeer                     // the other end
	PartyNetwork                  // what lies between
)

// String gives the party in a word: "local", "peer" or "network".
func (p Party) String() string {
	switch p {
	case PartyLocal:
		return "local"
	case PartyPeer:
		return "peer"
	case PartyNetwork:
		return "network"
	}
	return "unknown"
}

// A Layer is where the end of a connection came from.
type Layer uint8

// The layers.
const (
	LayerClosingHandshake Layer = iota + 1 // Close frames went both ways, RFC 6455 §7.1.2
	LayerViolation                         // a rule of the protocol, or a limit on size, was broken
	LayerTCP                               // TCP ended or failed with no closing handshake
	LayerTLS                               // TLS ended or failed with no closing handshake
	LayerTimeLimit                         // a time limit passed
	LayerContext                           // a context was cancelled or expired
	LayerBrowser                           // the browser ended it, and does not say more
	LayerLocal                             // the application let go of it: CloseNow, a panic
)

// String gives the layer in a word or two: "closing handshake".
func (l Layer) String() string {
	switch l {
	case LayerClosingHandshake:
		return "closing handshake"
	case LayerViolation:
		return "violation"
	case LayerTCP:
		return "TCP"
	case LayerTLS:
		return "TLS"
	case LayerTimeLimit:
		return "time limit"
	case LayerContext:
		return "context"
	case LayerBrowser:
		return "browser"
	case LayerLocal:
		return "local"
	}
	return "unknown"
}

// An EndError says how a connection ended. errors.Is finds [ErrClosed] in it
// and whatever Err holds; errors.As finds a *[CloseError] when there was a
// closing handshake. It is not changed once it has been handed out.
type EndError struct {
	By     Party      // who ended it
	Layer  Layer      // where the end came from
	Code   StatusCode // of the Close frame; 1006 when there was none
	Reason string     // the reason that went with the code; may be empty
	Err    error      // the cause; may be nil
}

// Error gives it on one line: who, where, the code, the reason, the cause.
func (e *EndError) Error() string {
	text := "websocket: " + e.how() + ": "
	if e.Layer == LayerClosingHandshake {
		text += (&CloseError{e.Code, e.Reason}).text()
	} else {
		text += e.Code.String()
	}
	cause := ""
	switch err := e.Err.(type) {
	case nil:
	case *Violation: // its Error would give the code's name again
		cause = err.text()
	default:
		cause = err.Error()
	}
	// The reason sent is often the cause in short: do not say it twice.
	if e.Layer != LayerClosingHandshake && e.Reason != "" && !strings.Contains(cause, e.Reason) {
		text += ": " + e.Reason
	}
	if cause != "" {
		text += ": " + cause
	}
	for before, after, found := strings.Cut(text, "\n"); found; before, after, found = strings.Cut(text, "\n") {
		text = before + "; " + after
	}
	return text
}

func (e *EndError) how() string {
	by := e.By.String()
	switch e.By {
	case PartyLocal:
		by = "this end"
	case PartyNetwork:
		by = "the network"
	}
	switch e.Layer {
	case LayerClosingHandshake:
		return "closed by " + by + " in the closing handshake"
	case LayerViolation:
		return "ended by " + by + " after a violation"
	case LayerTCP, LayerTLS:
		return "ended by " + by + " in " + e.Layer.String()
	case LayerTimeLimit, LayerContext:
		return "ended by a " + e.Layer.String()
	case LayerBrowser:
		return "ended by the browser"
	}
	return "ended by " + by
}

// Unwrap gives [ErrClosed], then a *[CloseError] when there was a closing
// handshake, then Err when there is one.
func (e *EndError) Unwrap() []error {
	errs := []error{ErrClosed}
	if e.Layer == LayerClosingHandshake {
		errs = append(errs, &CloseError{e.Code, e.Reason})
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}
