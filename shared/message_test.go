package shared

import (
	"bytes"
	"errors"
	"testing"
)

func TestMessages(t *testing.T) {
	text := Text("κόσμε")
	if text.Opcode != OpcodeText || text.String() != "κόσμε" {
		t.Errorf("Text: %v %q", text.Opcode, text.Payload)
	}
	payload := []byte{0, 0xFF}
	binary := Binary(payload)
	if binary.Opcode != OpcodeBinary || !bytes.Equal(binary.Payload, payload) {
		t.Errorf("Binary: %v %x", binary.Opcode, binary.Payload)
	}
	payload[0] = 1
	if binary.String() != "\x01\xff" {
		t.Error("Binary copied its argument")
	}
	if empty := Text(""); len(empty.Payload) != 0 || empty.Opcode != OpcodeText {
		t.Errorf("empty text: %v %q", empty.Opcode, empty.Payload)
	}
}

func TestSection5_6_MessageCheck(t *testing.T) {
	for _, c := range []struct {
		message Message
		problem string
	}{
		{Text(""), ""},
		{Text("κόσμε"), ""},
		{Binary(nil), ""},
		{Binary([]byte{0xFF}), ""},
		{Message{OpcodeText, []byte("a\xff")}, "text is not valid UTF-8"},
		{Message{OpcodeText, []byte("cut \xe2\x82")}, "text is not valid UTF-8"},
		{Message{}, "opcode continuation does not begin a message"},
		{Message{OpcodePing, nil}, "opcode ping does not begin a message"},
		{Message{OpcodeClose, nil}, "opcode close does not begin a message"},
		{Message{0x3, []byte{0xFF}}, "opcode reserved 0x3 does not begin a message"},
	} {
		err := c.message.Check()
		var problem *MessageError
		if c.problem == "" {
			if err != nil {
				t.Errorf("%v %q: %v", c.message.Opcode, c.message.Payload, err)
			}
		} else if !errors.As(err, &problem) || problem.Error() != "websocket: message: "+c.problem {
			t.Errorf("%v %q: %v, want %q", c.message.Opcode, c.message.Payload, err, c.problem)
		}
	}
}
