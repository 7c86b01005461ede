package broken

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

const request = "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

const accepted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
	"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

// talk sends bytes to a server with that fault, and returns all that it answers until it closes.
func talk(t *testing.T, fault *Fault, sent string) string {
	t.Helper()
	e, err := Listen(fault)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(e.URL(), "ws://"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	io.WriteString(conn, sent)
	got, err := io.ReadAll(conn)
	if err != nil {
		t.Fatalf("%q, %v", got, err)
	}
	return string(got)
}

func wire(t *testing.T, s string) string {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The masking key is 0 in what is sent here, so that the payloads can be read.
func TestHonestServer(t *testing.T) {
	const bye = "88 82 00000000 03e8"
	for _, test := range []struct{ name, sent, want string }{
		{"RFC 6455 §5.7 Hello", "81 85 37fa213d 7f9f4d5158" + bye, "81 05 48656c6c6f 88 02 03e8"},
		{"fragments and a Ping", "01 83 00000000 48656c 89 81 00000000 70 80 82 00000000 6c6f" + bye, "8a 01 70 81 05 48656c6c6f 88 02 03e8"},
		{"empty binary", "82 80 00000000" + bye, "82 00 88 02 03e8"},
		{"empty Close", "88 80 00000000", "88 00"},
		{"Close of a private code", "88 84 00000000 0fa0 6f6b", "88 02 0fa0"},
		{"126 bytes", "82 fe 007e 00000000" + strings.Repeat("ab", 126) + bye, "82 7e 007e" + strings.Repeat("ab", 126) + "88 02 03e8"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := talk(t, nil, request+"\r\n"+wire(t, test.sent))
			if want := accepted + "\r\n" + wire(t, test.want); got != want {
				t.Errorf("got  %x\nwant %x", got, want)
			}
		})
	}
}

func TestHonestServerRefuses(t *testing.T) {
	for _, test := range []struct {
		name, sent string
		code       int
	}{
		{"unmasked", "81 00", 1002},
		{"RSV1", "c1 80 00000000", 1002},
		{"opcode 3", "83 80 00000000", 1002},
		{"opcode B", "8b 80 00000000", 1002},
		{"long form", "81 fe 007d 00000000", 1002},
		{"top bit", "82 ff 8000000000010000 00000000", 1002},
		{"63 bits", "82 ff 7fffffffffffffff 00000000", 1009},
		{"long Ping", "89 fe 007e 00000000", 1002},
		{"Ping in fragments", "09 80 00000000", 1002},
		{"lone continuation", "80 80 00000000", 1002},
		{"text inside text", "01 80 00000000 81 80 00000000", 1002},
		{"surrogate", "01 82 00000000 eda0", 1007},
		{"unfinished text", "81 81 00000000 c3", 1007},
		{"Close of 1 byte", "88 81 00000000 03", 1002},
		{"Close with 1005", "88 82 00000000 03ed", 1002},
		{"reason", "88 83 00000000 03e8 ff", 1007},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := strings.TrimPrefix(talk(t, nil, request+"\r\n"+wire(t, test.sent)), accepted+"\r\n")
			if len(got) < 4 || got[0] != 0x88 || int(got[1]) != len(got)-2 || int(got[2])<<8|int(got[3]) != test.code {
				t.Errorf("got %x, want a Close with %d", got, test.code)
			}
		})
	}
}

// RFC 7692 §7.2.3: the messages of its examples, from a client that compresses them in its own way.
func TestSection7_2_3_Inflate(t *testing.T) {
	d := newDeflate(agreement{direction{15, true}, direction{15, true}}, false, nil)
	for _, test := range []struct{ name, payload, want string }{
		{"one block", "f248cdc9c90700", "Hello"},
		{"with the context of the first", "f200110000", "Hello"},
		{"not compressed", "000500faff48656c6c6f00", "Hello"},
		{"BFINAL", "f348cdc9c9070000", "Hello"},
		{"two blocks", "f248050000 00ffff cac9c90700", "Hello"},
		{"empty", "00", ""},
	} {
		if got, err := d.inflate([]byte(wire(t, test.payload))); string(got) != test.want || err != nil {
			t.Errorf("%s: %q, %v, want %q", test.name, got, err, test.want)
		}
	}
	for _, bad := range []string{"07", "ff", "f248cd", "000500"} {
		if got, err := d.inflate([]byte(wire(t, bad))); err == nil {
			t.Errorf("%s: inflated to %q", bad, got)
		}
	}
}

func TestCompressedMessagesComeBack(t *testing.T) {
	text := bytes.Repeat([]byte("what goes around comes around. "), 3000)
	for _, takeover := range []bool{true, false} {
		for bits := 8; bits <= 15; bits++ {
			a := agreement{direction{bits, takeover}, direction{15, true}}
			from, to := newDeflate(a, false, nil), newDeflate(a, true, nil)
			for _, m := range [][]byte{text[:100], nil, text, text[:1000]} {
				if got, err := to.inflate(from.compress(m)); !bytes.Equal(got, m) || err != nil {
					t.Errorf("window of %d bits, takeover %t: %d bytes became %d, %v", bits, takeover, len(m), len(got), err)
				}
			}
		}
	}
}

func TestSection7_1_Agree(t *testing.T) {
	for _, test := range []struct{ offer, want string }{
		{"permessage-deflate", "permessage-deflate"},
		{"x-a, permessage-deflate", "permessage-deflate"},
		{"permessage-deflate; server_max_window_bits=9; server_no_context_takeover", "permessage-deflate; server_no_context_takeover; server_max_window_bits=9"},
		{`permessage-deflate; client_max_window_bits="10"`, "permessage-deflate; client_max_window_bits=10"},
		{"permessage-deflate; client_max_window_bits", "permessage-deflate"},
		{"permessage-deflate; x, permessage-deflate", "permessage-deflate"},
		{"permessage-deflate; server_max_window_bits", ""},
		{"permessage-deflate; server_max_window_bits=08", ""},
		{"permessage-deflate; server_max_window_bits=16", ""},
		{"permessage-deflate; server_no_context_takeover=1", ""},
		{"permessage-deflate; client_max_window_bits; client_max_window_bits", ""},
		{"x-a", ""},
	} {
		offers, ok := parseExtensions([]string{test.offer})
		if answer, _ := agree(offers, nil); answer != test.want || !ok {
			t.Errorf("%s: answered %q, want %q", test.offer, answer, test.want)
		}
	}
	for _, malformed := range []string{"", ",", ";", "a;", "a; b=", "a; =b", `a; b="`, "a b", "a; b=c d"} {
		if _, ok := parseExtensions([]string{malformed}); ok {
			t.Errorf("%q is taken for extensions", malformed)
		}
	}
}

// A fault changes what it names.
func TestFault(t *testing.T) {
	sent := request + "\r\n" + wire(t, "89 81 00000000 70 88 82 00000000 03e8")
	for fault, want := range map[*Fault]string{
		nil: "8a 01 70 88 02 03e8", NoPong: "88 02 03e8", EmptyPong: "8a 00 88 02 03e8", EchoesPing: "89 01 70 88 02 03e8",
		CloseSwapped: "8a 01 70 88 02 e803", CloseEmptyAnswer: "8a 01 70 88 00", CloseUnanswered: "8a 01 70",
	} {
		if got, want := talk(t, fault, sent), accepted+"\r\n"+wire(t, want); got != want {
			t.Errorf("%v: got %x\nwant %x", fault, got, want)
		}
	}
}

func TestFaultsAreToldApart(t *testing.T) {
	names, sentences := map[string]bool{}, map[string]bool{}
	for _, f := range Faults() {
		if f.Name == "" || f.Sentence == "" || f.Cases == "" || f.Role&Both == 0 {
			t.Errorf("%+v lacks something", f)
		}
		if names[f.Name] || sentences[f.Sentence] {
			t.Errorf("%s: another has this name or sentence", f.Name)
		}
		names[f.Name], sentences[f.Sentence] = true, true
	}
}

func TestDialFailsAtABadAnswer(t *testing.T) {
	for fault, good := range map[*Fault]bool{nil: true, WrongAccept: false, AcceptMissing: false, AcceptTwice: false, Status200: false,
		UpgradeMissing: false, ConnectionMissing: false, AddsExtension: true, ChoosesUnoffered: false, AnswersFolded: true} {
		e, err := Listen(fault)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		err = Dial(ctx, e.URL(), nil)
		if (err == nil) != good {
			t.Errorf("%v: %v", fault, err)
		}
		cancel()
		e.Close()
	}
}
