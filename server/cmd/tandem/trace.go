package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// A tracer prints what happens on the connections, a line for each frame.
type tracer struct {
	mu  sync.Mutex
	out io.Writer
}

func (t *tracer) print(remote, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprintf(t.out, remote+" "+format+"\n", args...)
}

// trace is for server.Options.
func (t *tracer) trace(r *http.Request) *server.Trace {
	remote := r.RemoteAddr
	return &server.Trace{
		Payload: 64,
		Handshake: func(h server.TraceHandshake) {
			t.print(remote, "handshake %q", r.URL.RequestURI())
		},
		Frame: func(f server.TraceFrame) { t.print(remote, "%s", describe(f)) },
		Message: func(m server.TraceMessage) {
			if m.Fragments > 1 || m.Compressed {
				arrow := "<"
				if m.Sent {
					arrow = ">"
				}
				t.print(remote, "%s message %s of %d bytes, %d on the wire, %d frames", arrow, m.Opcode, m.Size, m.Wire, m.Fragments)
			}
		},
		End: func(e *shared.EndError) { t.print(remote, "end %v", e) },
	}
}

// describe puts a frame on a line.
func describe(f server.TraceFrame) string {
	var b strings.Builder
	if b.WriteString("<"); f.Sent {
		b.Reset()
		b.WriteString(">")
	}
	h := f.Header
	b.WriteString(" " + h.Opcode.String())
	for _, bit := range []struct {
		set  bool
		name string
	}{{h.Fin, "fin"}, {h.RSV1, "rsv1"}, {h.RSV2, "rsv2"}, {h.RSV3, "rsv3"}, {h.Masked, "masked"}} {
		if bit.set {
			b.WriteString(" " + bit.name)
		}
	}
	payload := f.Payload()
	fmt.Fprintf(&b, " %d", h.Length)
	if len(payload) > 0 {
		fmt.Fprintf(&b, " %q", payload)
	}
	if int64(len(payload)) < h.Length {
		b.WriteString("...")
	}
	if f.Err != nil {
		b.WriteString(" " + f.Err.Error())
	}
	return b.String()
}
