package client

import (
	"syscall/js"

	"example.com/tandem/shared"
)

// incoming is a message that has come and is still in JavaScript's memory: it is
// copied once, to where Receive wants it.
type incoming struct {
	opcode shared.Opcode
	size   int      // bytes
	bytes  js.Value // a Uint8Array; of a text message, its UTF-8
}

// newIncoming takes the data of a message event: a string or an ArrayBuffer.
func newIncoming(data js.Value) incoming {
	m := incoming{opcode: shared.OpcodeBinary}
	if data.Type() == js.TypeString {
		m.opcode = shared.OpcodeText
		m.bytes = encodeText.Invoke(data)
	} else {
		m.bytes = uint8Array.New(data)
	}
	m.size = m.bytes.Length()
	return m
}

// message copies m to memory of Go's.
func (m incoming) message() shared.Message {
	payload := make([]byte, m.size)
	js.CopyBytesToGo(payload, m.bytes)
	return shared.Message{Opcode: m.opcode, Payload: payload}
}

// queue holds the messages nobody has received yet, in order.
type queue struct {
	messages []incoming
	first    int // of messages, what stands before has been taken
	bytes    int
}

// put adds a message, or reports that there is no room for it.
func (q *queue) put(m incoming) bool {
	waiting := len(q.messages) - q.first
	if waiting > 0 && (waiting >= QueueMessages || q.bytes+m.size > QueueBytes) {
		return false
	}
	if q.first > len(q.messages)/2 { // each message is moved at most once on average
		n := copy(q.messages, q.messages[q.first:])
		clear(q.messages[n:])
		q.messages, q.first = q.messages[:n], 0
	}
	q.messages = append(q.messages, m)
	q.bytes += m.size
	return true
}

// next takes the oldest message.
func (q *queue) next() (m incoming, ok bool) {
	if q.first == len(q.messages) {
		return m, false
	}
	m = q.messages[q.first]
	q.messages[q.first] = incoming{}
	q.bytes -= m.size
	if q.first++; q.first == len(q.messages) {
		q.messages, q.first = q.messages[:0], 0
	}
	return m, true
}
