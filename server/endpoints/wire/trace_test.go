package wire

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// A trace that was there before is told what it would have been told alone, also when there is a tape beside it.
func TestTraceBesideAnother(t *testing.T) {
	for _, payload := range []int{0, 3, 1000} {
		for _, query := range []string{"", "?wire=" + tokenA} {
			var told []string
			other := &server.Trace{
				Payload:   payload,
				Handshake: func(server.TraceHandshake) { told = append(told, "handshake") },
				Frame: func(f server.TraceFrame) {
					told = append(told, "frame "+string(f.Payload()[:min(len(f.Payload()), 8)])+" "+strings.Repeat("*", len(f.Payload())/100))
				},
				Flush: func(server.TraceFlush) { told = append(told, "flush") },
				End:   func(*shared.EndError) { told = append(told, "end") },
			}
			tapes := newTapes(usual)
			r, err := http.NewRequest("GET", "/echo"+query, nil)
			if err != nil {
				t.Fatal(err)
			}
			trace := tapes.Trace(func(*http.Request) *server.Trace { return other })(r)
			if got := trace.Payload; query != "" && payload == 3 && got != shownPayload || query != "" && payload == 1000 && got != 1000 || query != "" && payload == 0 && got != 0 {
				t.Errorf("payload %d %s: asks for %d bytes", payload, query, got)
			}
			trace.Handshake(server.TraceHandshake{})
			// Of a long frame, as much as was asked for.
			h := shared.Header{Fin: true, Opcode: shared.OpcodeBinary, Length: 5000}
			asked := trace.Payload
			if asked == 0 {
				asked = 1024
			}
			trace.Frame(server.TraceFrame{Header: h, Wire: slices.Concat(shared.AppendHeader(nil, h), []byte(strings.Repeat("x", asked)))})
			trace.Flush(server.TraceFlush{})
			trace.End(&shared.EndError{})
			want := map[int]string{0: "frame xxxxxxxx **********", 3: "frame xxx ", 1000: "frame xxxxxxxx **********"}[payload]
			if !slices.Equal(told, []string{"handshake", want, "flush", "end"}) {
				t.Errorf("payload %d %s: told %q", payload, query, told)
			}
			used := tapes.byToken[tokenA]
			if (used != nil) != (query != "") {
				t.Errorf("%s: the tape is %v", query, used)
			}
			if used != nil {
				if wire := used.kept[1].Frame.Wire; len(wire) != h.Len()+shownPayload || used.kept[1].Frame.Length != 5000 {
					t.Errorf("%d bytes are on the tape", len(wire))
				}
				used.expiry.Stop()
			}
		}
	}
}

// Only what the frames do not say themselves is said of a message.
func TestMessagesOfOneFrameAreNotRepeated(t *testing.T) {
	tape := newTape("a", usual)
	r, err := http.NewRequest("GET", "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	trace := tape.trace(r, func() { left++ })
	trace.Message(server.TraceMessage{Opcode: shared.OpcodeText, Fragments: 1, Size: 5, Wire: 5})
	trace.Message(server.TraceMessage{Opcode: shared.OpcodeText, Fragments: 2, Size: 5, Wire: 5})
	trace.Message(server.TraceMessage{Opcode: shared.OpcodeBinary, Fragments: 1, Size: 5, Wire: 7, Compressed: true})
	events := tape.after(0).Events
	if len(events) != 2 || *events[0].Message != (message{false, "text", 2, 5, 5, false}) || *events[1].Message != (message{false, "binary", 1, 5, 7, true}) {
		t.Errorf("%+v", events)
	}
	if time.Since(events[0].Time) > time.Minute || events[0].Connection != 1 || left != 0 {
		t.Errorf("%+v, left %d times", events[0], left)
	}
	trace.End(&shared.EndError{})
	if left != 1 {
		t.Errorf("left %d times", left)
	}
}
