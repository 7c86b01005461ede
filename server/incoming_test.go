package server

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// legal are runs of frames, the messages in them and the frames that answer them.
var legal = []struct {
	name, in string
	want     []string
	back     string
}{
	{"5.7 unmasked text", "81 05 48 65 6c 6c 6f", []string{"text Hello"}, ""},
	{"5.7 fragmented text", "01 03 48 65 6c | 80 02 6c 6f", []string{"text Hello"}, ""},
	{"5.7 ping", "89 05 48 65 6c 6c 6f | 81 00", []string{"text "}, "8a 05 48 65 6c 6c 6f"},
	{"5.7 pong", "8a 05 48 65 6c 6c 6f | 81 00", []string{"text "}, ""},
	{"5.7 256 bytes", frame(0x82, strings.Repeat("x", 256)), []string{"binary " + strings.Repeat("x", 256)}, ""},
	{"5.2 125 bytes", frame(0x82, strings.Repeat("x", 125)), []string{"binary " + strings.Repeat("x", 125)}, ""},
	{"5.2 126 bytes", frame(0x82, strings.Repeat("x", 126)), []string{"binary " + strings.Repeat("x", 126)}, ""},
	{"5.4 empty messages", "81 00 | 82 00", []string{"text ", "binary "}, ""},
	{"5.4 empty fragments", "01 00 | 00 00 | 00 01 61 | 00 00 | 80 00", []string{"text a"}, ""},
	{"5.4 control frames between fragments", "01 03 48 65 6c | 89 01 31 | 8a 00 | 00 01 6c | 89 00 | 80 01 6f", []string{"text Hello"}, "8a 01 31 | 8a 00"},
	{"5.4 one message after the other", "01 01 61 | 80 01 62 | 82 01 63 | 02 01 64 | 80 01 65", []string{"text ab", "binary c", "binary de"}, ""},
	{"5.5.2 ping of 125 bytes", frame(0x89, strings.Repeat("p", 125)) + "| 82 00", []string{"binary "}, frame(0x8a, strings.Repeat("p", 125))},
	{"5.5.3 pong that nobody asked for", "8a 00 | 8a 08 00 00 00 00 00 00 00 01 | 8a 01 ff | 81 01 61", []string{"text a"}, ""},
	{"5.6 code point split between fragments", "01 01 f0 | 00 00 | 89 00 | 00 02 9f 98 | 80 01 80", []string{"text 😀"}, "8a 00"},
	{"5.6 binary need not be text", "82 02 ff c0", []string{"binary \xff\xc0"}, ""},
	{"8.1 the last code point", "81 04 f4 8f bf bf", []string{"text \U0010FFFF"}, ""},
}

func TestSection5_LegalFrames(t *testing.T) {
	for _, chopped := range []bool{false, true} {
		for _, x := range legal {
			t.Run(fmt.Sprintf("%s/chopped=%v", x.name, chopped), func(t *testing.T) {
				eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
					if chopped {
						go p.sendChopped(x.in)
					} else {
						p.send(x.in)
					}
					for _, want := range x.want {
						m, err := c.Receive(t.Context())
						if got := m.Opcode.String() + " " + m.String(); err != nil || got != want {
							t.Fatalf("received %.80q, %v; want %.80q", got, err, want)
						}
					}
					if x.back != "" {
						p.expect(x.back)
					}
					p.send("88 02 03 e8")
					if m, err := c.Receive(t.Context()); err == nil {
						t.Fatalf("received %v", m)
					}
					p.expect("88 02 03 e8")
					p.Close()
					checkEnd(t, c, shared.PartyPeer, shared.LayerClosingHandshake, 1000)
				})
			})
		}
	}
}

// TestSection5_7_MaskedText holds the vectors of RFC 6455 as they stand there.
func TestSection5_7_MaskedText(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{})
	p.sendBytes(unhex("81 85 37 fa 21 3d 7f 9f 4d 51 58   8a 85 37 fa 21 3d 7f 9f 4d 51 58"))
	p.sendBytes(unhex("82 fe 01 00 00 00 00 00" + strings.Repeat("55", 256)))
	p.sendBytes(unhex("82 ff 00 00 00 00 00 01 00 00 00 00 00 00" + strings.Repeat("aa", 65536)))
	for _, want := range []string{"Hello", strings.Repeat("\x55", 256), strings.Repeat("\xaa", 65536)} {
		if m, err := c.Receive(t.Context()); err != nil || m.String() != want {
			t.Fatalf("%.40q %v", m.String(), err)
		}
	}
}

// illegal are runs of frames that break a rule. The messages before are received; nothing after is.
var illegal = []struct {
	name, in, section string
	code              shared.StatusCode
	want              int // messages received before
}{
	{"RSV1", "c1 00", "5.2", 1002, 0},
	{"RSV2", "a1 00", "5.2", 1002, 0},
	{"RSV3", "91 00", "5.2", 1002, 0},
	{"RSV1 on a control frame", "81 01 61 | c9 00", "5.2", 1002, 1},
	{"RSV2 on a continuation", "01 01 61 | a0 00", "5.2", 1002, 0},
	{"opcode 3", "83 00", "5.2", 1002, 0},
	{"opcode 7", "87 00", "5.2", 1002, 0},
	{"opcode B", "8b 00", "5.2", 1002, 0},
	{"opcode F", "81 00 | 8f 00", "5.2", 1002, 1},
	{"16-bit length below 126", "82 7e 00 7d", "5.2", 1002, 0},
	{"64-bit length below 65536", "82 7f 00 00 00 00 00 00 ff ff", "5.2", 1002, 0},
	{"64-bit length with its top bit", "82 7f 80 00 00 00 00 00 00 00", "5.2", 1002, 0},
	{"64-bit length of ones", "82 7f ff ff ff ff ff ff ff ff", "5.2", 1002, 0},
	{"ping of 126 bytes", "89 7e 00 7e", "5.5", 1002, 0},
	{"close of 126 bytes", "88 7e 00 7e", "5.5", 1002, 0},
	{"ping in fragments", "09 00", "5.5", 1002, 0},
	{"close in fragments", "08 02 03 e8", "5.5", 1002, 0},
	{"continuation of nothing", "80 01 61", "5.4", 1002, 0},
	{"continuation after the end", "81 01 61 | 00 01 62", "5.4", 1002, 1},
	{"new message inside a message", "01 01 61 | 81 01 62", "5.4", 1002, 0},
	{"new binary inside a text", "01 01 61 | 8a 00 | 82 01 62", "5.4", 1002, 0},
	{"2^63-1 bytes", "82 7f 7f ff ff ff ff ff ff ff", "10.4", 1009, 0},
	{"2^34 bytes", "82 7f 00 00 00 04 00 00 00 00", "10.4", 1009, 0},
	{"16 MiB and 1", "82 7f 00 00 00 00 01 00 00 01", "10.4", 1009, 0},
	{"1 byte and 16 MiB", "02 01 00 | 80 7f 00 00 00 00 01 00 00 00", "10.4", 1009, 0},
	{"text with a stray byte", "81 03 61 ff 62", "8.1", 1007, 0},
	{"text with a surrogate", "81 03 ed a0 80", "8.1", 1007, 0},
	{"text with an overlong form", "81 02 c0 af", "8.1", 1007, 0},
	{"text above U+10FFFF", "81 04 f4 90 80 80", "8.1", 1007, 0},
	{"text that ends inside a code point", "81 02 c3 a9 | 81 01 c3", "8.1", 1007, 1},
	{"text in fragments that ends inside a code point", "01 03 e2 82 ac | 80 01 e2", "8.1", 1007, 0},
	{"text split wrongly", "01 01 c3 | 80 01 28", "8.1", 1007, 0},
	{"close of one byte", "88 01 03", "5.5.1", 1002, 0},
	{"close with a reason that is not UTF-8", "88 03 03 e8 ff", "5.5.1", 1007, 0},
	{"close with code 0", "88 02 00 00", "7.4", 1002, 0},
	{"close with code 999", "88 02 03 e7", "7.4", 1002, 0},
	{"close with code 1004", "88 02 03 ec", "7.4", 1002, 0},
	{"close with code 1005", "88 02 03 ed", "7.4", 1002, 0},
	{"close with code 1006", "88 02 03 ee", "7.4", 1002, 0},
	{"close with code 1015", "88 02 03 f7", "7.4", 1002, 0},
	{"close with code 1016", "88 02 03 f8", "7.4", 1002, 0},
	{"close with code 2999", "88 02 0b b7", "7.4", 1002, 0},
	{"close with code 5000", "88 02 13 88", "7.4", 1002, 0},
	{"close with code 65535", "88 02 ff ff", "7.4", 1002, 0},
}

func TestSection7_1_7_IllegalFramesFailTheConnection(t *testing.T) {
	for _, chopped := range []bool{false, true} {
		for _, x := range illegal {
			t.Run(fmt.Sprintf("%s/chopped=%v", x.name, chopped), func(t *testing.T) {
				eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
					if chopped {
						go p.sendChopped(x.in)
					} else {
						p.send(x.in + "| 81 04 6a 75 6e 6b") // must not be processed, nor make TCP end in a reset
					}
					expectViolation(t, c, p, x.want, x.code, x.section)
				})
			})
		}
	}
}

// expectViolation receives as many messages as came before the violation, and then checks all that is to be seen of it
// at both ends.
func expectViolation(t *testing.T, c *Conn, p *wirePeer, messages int, code shared.StatusCode, section string) {
	t.Helper()
	for range messages {
		if _, err := c.Receive(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	m, err := c.Receive(t.Context())
	var violation *shared.Violation
	if !errors.As(err, &violation) || violation.Code != code || violation.Section != "RFC 6455 §"+section {
		t.Fatalf("received %v, %v; want a violation of §%s with %d", m, err, section, code)
	}
	if reason := p.expectClose(code); reason != violation.Rule {
		t.Errorf("the Close frame gives as reason %q", reason)
	}
	p.expectEnd()
	p.Close()
	if e := checkEnd(t, c, shared.PartyLocal, shared.LayerViolation, code); e.Reason != violation.Rule {
		t.Errorf("End gives as reason %q", e.Reason)
	}
}

func TestSection5_1_ServerRefusesUnmaskedFrame(t *testing.T) {
	for _, transport := range wireTransports {
		c, p := newWire(t, transport.make, false, Limits{})
		p.sendBytes(unhex("81 05 48 65 6c 6c 6f"))
		expectViolation(t, c, p, 0, 1002, "5.1")
	}
}

func TestSection5_1_ClientRefusesMaskedFrame(t *testing.T) {
	for _, transport := range wireTransports {
		c, p := newWire(t, transport.make, true, Limits{})
		p.sendBytes(unhex("81 85 37 fa 21 3d 7f 9f 4d 51 58"))
		expectViolation(t, c, p, 0, 1002, "5.1")
	}
}

// TestSection5_2_LengthSplitAtEveryByte finds a bad length however its header is cut, and no later than it can be told.
func TestSection5_2_LengthSplitAtEveryByte(t *testing.T) {
	for _, x := range []struct {
		length string
		told   int // bytes of header that tell
	}{{"7f ff ff ff ff ff ff ff", 14}, {"80 00 00 00 00 00 00 00", 3}, {"ff ff ff ff ff ff ff ff", 3}, {"00 00 00 00 00 00 ff ff", 8}} {
		header := maskFrame(unhex("82 7f" + x.length))
		for cut := 1; cut < len(header); cut++ {
			synctest.Test(t, func(t *testing.T) {
				c, p := newWire(t, pipeConns, false, Limits{})
				p.sendBytes(header[:cut])
				if cut < x.told {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					if _, err := c.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) || c.in.len() != cut {
						t.Fatalf("%s cut at %d: %v, %d bytes were read", x.length, cut, err, c.in.len())
					}
					p.sendBytes(header[cut:])
				}
				var violation *shared.Violation
				if _, err := c.Receive(t.Context()); !errors.As(err, &violation) {
					t.Fatalf("%s cut at %d: %v", x.length, cut, err)
				}
			})
		}
	}
}

// TestSection8_1_InvalidTextIsFoundAtOnce expects the Close before the fragment, let alone the message, has ended.
func TestSection8_1_InvalidTextIsFoundAtOnce(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("01 0a 61 62 ed") // seven more bytes were announced
		p.sendBytes([]byte{0xa0 ^ maskByte(p, 3)})
		expectViolation(t, c, p, 0, 1007, "8.1")
	})
}

// maskByte is the masking key's byte for the given offset, if the peer masks.
func maskByte(p *wirePeer, pos int) byte {
	if p.client {
		return wireKey[pos%4]
	}
	return 0
}

func TestSection10_4_EmptyFragments(t *testing.T) {
	eachEnd(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		all := "01 00" + strings.Repeat("| 00 00", maxEmptyFragments-1)
		p.send(all + "| 80 00")
		if m, err := c.Receive(t.Context()); err != nil || len(m.Payload) != 0 {
			t.Fatalf("%d empty fragments: %v, %v", maxEmptyFragments, m, err)
		}
		p.send(all + "| 00 00")
		expectViolation(t, c, p, 0, 1008, "10.4")
	})
}

func TestSection10_4_EndlessFragments(t *testing.T) {
	eachEnd(t, Limits{Message: 1000}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("02 64" + strings.Repeat("00", 100) + strings.Repeat("| 00 64"+strings.Repeat("00", 100), 10))
		expectViolation(t, c, p, 0, 1009, "10.4")
	})
}

// TestSection10_4_LimitOfExactlyOneMessage receives the longest message again and again.
func TestSection10_4_LimitOfExactlyOneMessage(t *testing.T) {
	eachEnd(t, Limits{Message: 3}, func(t *testing.T, c *Conn, p *wirePeer) {
		p.send("82 03 01 02 03 | 02 01 01 | 00 01 02 | 80 01 03 | 82 04 01 02 03 04")
		expectViolation(t, c, p, 2, 1009, "10.4")
	})
}
