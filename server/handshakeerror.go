package server

import (
	"net/http"
	"strconv"
)

// A HandshakeError says why an opening handshake failed. It comes from [Accept], which has answered the
// client before it returns one, and from [Dial], where it stands for everything that goes wrong after the
// arguments have been checked: resolving, connecting, the proxy, TLS, the server's answer.
type HandshakeError struct {
	// Status is the HTTP status of the refusal: the one that Accept has sent, or the one that Dial
	// received from the server or the proxy. It is 101 when the server agreed but broke a rule in doing so,
	// and 0 when there was no answer at all.
	Status int
	// Problem says what is wrong in one line of printable ASCII. What the peer sent is quoted and cut short.
	Problem string
	// Header is the answer's header, as in Location, Retry-After or WWW-Authenticate. Only Dial sets it.
	Header http.Header
	// Body is the beginning of the answer's body, at most 1 KiB. Only Dial sets it.
	Body []byte
	// Err is the cause, if there is one: an [OptionError], a network error, the end of a context.
	Err error
}

// Error is one line: what is wrong, its cause, and the status.
func (e *HandshakeError) Error() string {
	s := "websocket: opening handshake: " + e.text()
	if e.Status != 0 {
		s += " (status " + strconv.Itoa(e.Status) + ")"
	}
	return s
}

// Unwrap gives Err, so that errors.Is finds context.DeadlineExceeded and errors.As a *net.OpError.
func (e *HandshakeError) Unwrap() error { return e.Err }

// text is the problem and its cause.
func (e *HandshakeError) text() string {
	if e.Err != nil {
		return e.Problem + ": " + e.Err.Error()
	}
	return e.Problem
}

// An OptionError is a mistake in [Options] or [DialOptions], found before anything is sent. Dial returns it
// as it is; Accept wraps it in a [HandshakeError] with status 500.
type OptionError struct {
	Field   string // as in "Subprotocols"
	Problem string // in a few words
}

// Error is one line that names the field.
func (e *OptionError) Error() string { return "websocket: option " + e.Field + ": " + e.Problem }

// quote makes what came from outside safe for a log and a text/plain answer: quoted, escaped, cut short.
func quote(s string) string {
	const most = 100
	if len(s) > most {
		return strconv.QuoteToASCII(s[:most]) + "..."
	}
	return strconv.QuoteToASCII(s)
}
