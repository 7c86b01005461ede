package server

import (
	"net"

	"example.com/tandem/shared"
)

// A Trace is told what happens on one connection, in the manner of net/http/httptrace: to log it, to count it, to show
// it. Each function may be nil. They are called without a lock held, and get copies that are valid during the call; they
// can't change what is sent. A slow one holds up its own connection alone, but one that panics may end the program. Sent frames come one at a time, in the order
// in which they leave, and so do received ones; but the two directions may come at once. A function must not call
// the connection's methods, for it is called in the middle of them.
//
// A connection without a Trace pays nothing for it.
type Trace struct {
	// Handshake is called when the opening handshake is done.
	Handshake func(TraceHandshake)

	// Frame is called when a frame has been received whole, and before one is handed to the network. A frame that breaks a
	// rule comes too, as far as it was received.
	Frame func(TraceFrame)

	// Message is called when a message has been received to its end, and after Frame was for the last frame of one that is
	// sent.
	Message func(TraceMessage)

	// Flush is called before frames are handed to the network together, after they were shown to Frame.
	Flush func(TraceFlush)

	// End is called when the transport is closed. Of what was under way in another goroutine a call may still come after it.
	End func(*shared.EndError)

	// Payload is how many bytes of each frame's payload are shown, 1,024 by default.
	Payload int
}

// A TraceHandshake is the opening handshake as it was on the wire (RFC 6455 §1.3).
type TraceHandshake struct {
	// Request is, for a server, only known if its listener came from RecordHandshakes, and nil otherwise.
	Request, Response []byte
	Local, Remote     string // addresses
}

// A TraceFrame is one frame as it was on the wire (RFC 6455 §5.2).
type TraceFrame struct {
	Sent   bool
	Header shared.Header
	Wire   []byte // the header and the beginning of the payload, masked if Header says so
	Err    error  // the *shared.Violation that it is, or had begun to be
}

// Payload returns the beginning of the payload, unmasked, in memory of its own.
func (f TraceFrame) Payload() []byte {
	b := append([]byte(nil), f.Wire[min(f.Header.Len(), len(f.Wire)):]...)
	if f.Header.Masked {
		shared.Mask(b, f.Header.MaskingKey, 0)
	}
	return b
}

// A TraceMessage is a message as a whole, of one frame or several (RFC 6455 §5.4).
type TraceMessage struct {
	Sent       bool
	Opcode     shared.Opcode
	Fragments  int
	Size       int64 // bytes
	Wire       int64 // bytes of its frames' payloads, less than Size if it was compressed
	Compressed bool
}

// A TraceFlush is what was handed to the network in one piece.
type TraceFlush struct {
	Frames int
	Bytes  int
}

const defaultTracePayload = 1024

// A tracer collects for a Trace. Its upper fields belong to whoever holds the reader's role, the lower ones to whoever
// is in a write.
type tracer struct {
	trace Trace

	header    shared.Header // of the frame that is being received
	received  []byte        // of it, header and payload as far as it is shown; nil: none
	room      int           // for its payload
	fragments int

	sent    []byte
	message TraceMessage // that is being sent
	leaving []int        // sizes of the messages whose ends are in the batch

	sizes []int // of those whose ends wait; guarded by the lock of the outgoing bytes
}

// newTracer returns nil if there is nothing to call.
func newTracer(t *Trace) *tracer {
	if t == nil {
		return nil
	}
	tr := &tracer{trace: *t}
	if tr.trace.Payload <= 0 {
		tr.trace.Payload = defaultTracePayload
	}
	return tr
}

// begin notes the header of a frame, n bytes, in front of what is held. If it is none, what is there stands for it.
func (t *tracer) begin(h shared.Header, n int, held []byte) {
	if n == 0 {
		n = min(len(held), shared.MaxHeaderLen)
	}
	t.header, t.room = h, t.trace.Payload
	t.received = append(t.received[:0], held[:n]...)
}

// control shows a control frame, but for a Close frame, which may have a fault.
func (t *tracer) control(payload []byte) {
	t.payload(payload)
	if t.header.Opcode != shared.OpcodeClose {
		t.end(nil)
	}
}

// payload notes some of the payload, still masked.
func (t *tracer) payload(b []byte) {
	n := min(len(b), t.room)
	t.received = append(t.received, b[:n]...)
	t.room -= n
}

// end shows the frame that was received, whole or with what is wrong with it.
func (t *tracer) end(err error) {
	if len(t.received) == 0 {
		return
	}
	if !t.header.Opcode.IsControl() {
		t.fragments++
	}
	if t.trace.Frame != nil {
		t.trace.Frame(TraceFrame{Header: t.header, Wire: t.received, Err: err})
	}
	t.received = t.received[:0]
}

// showFrame shows the frame that was received, with what is wrong with it if there is something.
func (c *Conn) showFrame(err error) {
	if c.out.tracer != nil {
		c.out.tracer.end(err)
	}
}

// receivedMessage shows a message that was received.
func (t *tracer) receivedMessage(in *incoming) {
	if t.trace.Message != nil {
		t.trace.Message(TraceMessage{Opcode: in.opcode, Fragments: t.fragments, Size: in.size(), Wire: in.wire, Compressed: in.deflated})
	}
	t.fragments = 0
}

// take is told that what waits has become a batch.
func (t *tracer) take() { t.leaving, t.sizes = t.sizes, t.leaving[:0] }

// flush shows the frames that are about to be handed to the network.
func (t *tracer) flush(batch []byte) {
	flush := TraceFlush{Bytes: len(batch)}
	for len(batch) > 0 {
		h, n, _ := shared.ParseHeader(batch)
		if n == 0 {
			break
		}
		end := n + int(h.Length)
		if t.trace.Frame != nil {
			t.sent = append(t.sent[:0], batch[:n+min(int(h.Length), t.trace.Payload)]...)
			t.trace.Frame(TraceFrame{Sent: true, Header: h, Wire: t.sent})
		}
		if !h.Opcode.IsControl() {
			t.sendFragment(h)
		}
		batch = batch[end:]
		flush.Frames++
	}
	if t.trace.Flush != nil {
		t.trace.Flush(flush)
	}
}

// sendFragment notes a frame of a message that is being sent, and shows the message with the last one.
func (t *tracer) sendFragment(h shared.Header) {
	m := &t.message
	if h.Opcode != shared.OpcodeContinuation {
		*m = TraceMessage{Sent: true, Opcode: h.Opcode, Compressed: h.RSV1}
	}
	m.Fragments++
	m.Wire += h.Length
	if !h.Fin {
		return
	}
	m.Size, t.leaving = int64(t.leaving[0]), t.leaving[1:]
	if t.trace.Message != nil {
		t.trace.Message(*m)
	}
}

// handshake shows the opening handshake. The receiver may be nil.
func (t *Trace) handshake(request, response []byte, nc net.Conn) {
	if t != nil && t.Handshake != nil {
		t.Handshake(TraceHandshake{request, response, nc.LocalAddr().String(), nc.RemoteAddr().String()})
	}
}
