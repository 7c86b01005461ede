package shared

import (
	"errors"
	"io"
	"testing"
)

func TestViolationText(t *testing.T) {
	for _, c := range []struct {
		v    Violation
		want string
	}{
		{Violation{1002, "opcode 0x3 is reserved", "RFC 6455 §5.2"}, "protocol error: opcode 0x3 is reserved (RFC 6455 §5.2)"},
		{Violation{1009, "a message over the limit of 5 bytes", ""}, "message too big: a message over the limit of 5 bytes"},
	} {
		if got := c.v.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestEndErrorText(t *testing.T) {
	reserved := &Violation{1002, "opcode 0x3 is reserved", "RFC 6455 §5.2"}
	for _, c := range []struct {
		end  EndError
		want string
	}{
		{EndError{By: PartyPeer, Layer: LayerClosingHandshake, Code: 1001, Reason: "bye"},
			`websocket: closed by peer in the closing handshake: 1001 going away "bye"`},
		{EndError{By: PartyLocal, Layer: LayerClosingHandshake, Code: 4000},
			`websocket: closed by this end in the closing handshake: 4000`},
		{EndError{By: PartyPeer, Layer: LayerClosingHandshake, Code: 1000, Reason: "a\nb", Err: io.ErrUnexpectedEOF},
			`websocket: closed by peer in the closing handshake: 1000 normal closure "a\x0ab": unexpected EOF`},
		{EndError{By: PartyLocal, Layer: LayerTimeLimit, Code: 1006, Reason: "no answer to Close within 5s"},
			`websocket: ended by a time limit: 1006 abnormal closure: no answer to Close within 5s`},
		{EndError{By: PartyNetwork, Layer: LayerTimeLimit, Code: 1006, Err: errors.New("no answer to a Ping within 30s")},
			`websocket: ended by a time limit: 1006 abnormal closure: no answer to a Ping within 30s`},
		{EndError{By: PartyLocal, Layer: LayerViolation, Code: 1002, Err: reserved},
			`websocket: ended by this end after a violation: 1002 protocol error: opcode 0x3 is reserved (RFC 6455 §5.2)`},
		{EndError{By: PartyLocal, Layer: LayerViolation, Code: 1002, Reason: "opcode 0x3 is reserved", Err: reserved},
			`websocket: ended by this end after a violation: 1002 protocol error: opcode 0x3 is reserved (RFC 6455 §5.2)`},
		{EndError{By: PartyPeer, Layer: LayerTCP, Code: 1006, Err: io.EOF},
			`websocket: ended by peer in TCP: 1006 abnormal closure: EOF`},
		{EndError{By: PartyNetwork, Layer: LayerTLS, Code: 1006},
			`websocket: ended by the network in TLS: 1006 abnormal closure`},
		{EndError{By: PartyLocal, Layer: LayerContext, Code: 1006, Reason: "gone", Err: errors.New("context canceled")},
			`websocket: ended by a context: 1006 abnormal closure: gone: context canceled`},
		{EndError{By: PartyNetwork, Layer: LayerBrowser, Code: 1006},
			`websocket: ended by the browser: 1006 abnormal closure`},
		{EndError{By: PartyLocal, Layer: LayerLocal, Code: 1006, Err: errors.Join(errors.New("one"), errors.New("two"))},
			`websocket: ended by this end: 1006 abnormal closure: one; two`},
		{EndError{Code: 1006}, `websocket: ended by unknown: 1006 abnormal closure`},
	} {
		if got := c.end.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestEndErrorHoldsItsCauses(t *testing.T) {
	for layer := LayerClosingHandshake; layer <= LayerLocal; layer++ {
		var err error = &EndError{By: PartyPeer, Layer: layer, Code: 4001, Reason: "bye", Err: io.ErrUnexpectedEOF}
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%v: not ErrClosed", layer)
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%v: not its cause", layer)
		}
		if errors.Is(err, io.EOF) {
			t.Errorf("%v: io.EOF", layer)
		}
		var closed *CloseError
		if found := errors.As(err, &closed); found != (layer == LayerClosingHandshake) {
			t.Errorf("%v: CloseError found: %v", layer, found)
		} else if found && *closed != (CloseError{4001, "bye"}) {
			t.Errorf("%v: %v", layer, closed)
		}
		if n := len((&EndError{Layer: LayerTCP}).Unwrap()); n != 1 {
			t.Errorf("%d errors inside an end with no cause", n)
		}
	}
}

func TestPartiesAndLayersHaveNames(t *testing.T) {
	for party, want := range []string{"unknown", "local", "peer", "network", "unknown"} {
		if got := Party(party).String(); got != want {
			t.Errorf("party %d: %q, want %q", party, got, want)
		}
	}
	for layer, want := range []string{"unknown", "closing handshake", "violation", "TCP", "TLS", "time limit", "context", "browser", "local", "unknown"} {
		if got := Layer(layer).String(); got != want {
			t.Errorf("layer %d: %q, want %q", layer, got, want)
		}
	}
}
