package wire

import (
	"encoding/json"
	"testing"
	"time"
)

func TestWireBytesAreHexadecimal(t *testing.T) {
	var b wireBytes
	if err := b.UnmarshalText([]byte("00ffA5")); err != nil || string(b) != "\x00\xff\xa5" {
		t.Errorf("%x, %v", []byte(b), err)
	}
	for _, text := range []string{"0", "0g", "00 11"} {
		if err := b.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %x", text, []byte(b))
		}
	}
}

func TestEventAsJSON(t *testing.T) {
	at := time.UnixMicro(1_700_000_000_123_456)
	for want, e := range map[string]event{
		`{"time":1700000000123.456,"connection":2,"frame":{"wire":"8100","length":0}}`: {Connection: 2, Time: at, Frame: &frame{Wire: []byte{0x81, 0}}},
		`{"time":1700000000123.456,"connection":1,"frame":{"sent":true,"wire":"","length":7,"violation":{"code":1002,"rule":"r","section":"s","fields":["fin"]}}}`: {
			Connection: 1, Time: at, Frame: &frame{Sent: true, Length: 7, Violation: &violation{1002, "r", "s", []string{"fin"}}}},
		`{"time":1700000000123.456,"connection":1,"message":{"opcode":"text","fragments":2,"size":5,"wire":7,"compressed":true}}`: {
			Connection: 1, Time: at, Message: &message{false, "text", 2, 5, 7, true}},
		`{"time":1700000000123.456,"connection":1,"open":{"target":"/a","response":"HTTP","local":"l","remote":"r"}}`: {
			Connection: 1, Time: at, Open: &opening{"/a", "", "HTTP", "l", "r"}},
		`{"time":1700000000123.456,"connection":1,"end":{"by":"peer","layer":"TCP","code":1006,"reason":"","text":"t"}}`: {
			Connection: 1, Time: at, End: &end{"peer", "TCP", 1006, "", "t"}},
	} {
		if got, err := json.Marshal(e); err != nil || string(got) != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
}
