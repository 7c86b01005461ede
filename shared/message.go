package shared

// A Message is what applications exchange: one text or binary message, however
// many frames carried it. RFC 6455 §5.6.
type Message struct {
	Opcode  Opcode // OpcodeText or OpcodeBinary
	Payload []byte // of a text message: valid UTF-8
}

// Text returns a text message with a copy of s.
func Text(s string) Message { return Message{OpcodeText, []byte(s)} }

// Binary returns a binary message that shares p, not a copy of it.
func Binary(p []byte) Message { return Message{OpcodeBinary, p} }

// String returns the payload as a string.
func (m Message) String() string { return string(m.Payload) }

// Check says why m cannot be sent, or nil: its opcode is not a data frame's, or
// it is text that is not UTF-8 (JavaScript would silently put U+FFFD in its
// place). The error is a *[MessageError]. RFC 6455 §5.6.
func (m Message) Check() error {
	if m.Opcode == OpcodeBinary {
		return nil
	}
	return m.checkText()
}

func (m Message) checkText() error {
	switch {
	case m.Opcode != OpcodeText:
		return &MessageError{"opcode " + m.Opcode.String() + " does not begin a message"}
	case !validUTF8(m.Payload):
		return &MessageError{"text is not valid UTF-8"}
	}
	return nil
}

// A MessageError says why a message cannot be sent. Nothing was done.
type MessageError struct {
	Problem string // in a few words, with the offending value
}

// Error gives the problem on one line.
func (e *MessageError) Error() string { return "websocket: message: " + e.Problem }
