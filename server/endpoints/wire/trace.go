package wire

import (
	"net/http"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// shownPayload is how many bytes of a frame's payload go on a tape.
const shownPayload = 256

// Trace is for server.Options.Trace: it puts what happens on a connection that was opened with ?wire={token} on the
// tape of the token, and asks next, which may be nil, for a trace beside it.
//
// A browser cannot set a header of the handshake, hence the query. Its request is shown as it was on the wire if the
// listener was made with server.RecordHandshakes.
func (t *Tapes) Trace(next func(*http.Request) *server.Trace) func(*http.Request) *server.Trace {
	return func(r *http.Request) *server.Trace {
		var other *server.Trace
		if next != nil {
			other = next(r)
		}
		used := t.take(r.URL.Query().Get("wire"))
		if used == nil {
			return other
		}
		return both(used.trace(r, func() { t.leave(used) }), other)
	}
}

// trace is a trace that writes to the tape. left is called after the end of the connection.
func (t *tape) trace(r *http.Request, left func()) *server.Trace {
	n, target := t.connection(), r.URL.RequestURI()
	add := func(e event) {
		e.Connection, e.Time = n, time.Now()
		t.add(e)
	}
	return &server.Trace{
		Payload:   shownPayload,
		Handshake: func(h server.TraceHandshake) { add(event{Open: newOpening(target, h)}) },
		Frame:     func(f server.TraceFrame) { add(event{Frame: newFrame(f)}) },
		Message: func(m server.TraceMessage) {
			if m.Fragments > 1 || m.Compressed { // otherwise its only frame says it all
				add(event{Message: newMessage(m)})
			}
		},
		End: func(e *shared.EndError) {
			add(event{End: newEnd(e)})
			left()
		},
	}
}

// both is a trace that tells each of two what it would have been told alone; b may be nil.
func both(a, b *server.Trace) *server.Trace {
	if b == nil {
		return a
	}
	return &server.Trace{
		Payload:   longer(a.Payload, b.Payload),
		Handshake: each(a.Handshake, b.Handshake),
		Frame:     each(short(a), short(b)),
		Message:   each(a.Message, b.Message),
		Flush:     each(a.Flush, b.Flush),
		End:       each(a.End, b.End),
	}
}

func each[T any](a, b func(T)) func(T) {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return func(v T) { a(v); b(v) }
}

// short cuts the frames to what the trace asked for.
func short(t *server.Trace) func(server.TraceFrame) {
	if t.Frame == nil || t.Payload <= 0 {
		return t.Frame
	}
	return func(f server.TraceFrame) {
		f.Wire = f.Wire[:min(len(f.Wire), f.Header.Len()+t.Payload)]
		t.Frame(f)
	}
}

// longer is the larger of two bounds, of which 0 stands for the default, which is larger than any here.
func longer(a, b int) int {
	if a <= 0 || b <= 0 {
		return 0
	}
	return max(a, b)
}
