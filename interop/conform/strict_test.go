package conform

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// readStrict returns what the strict reader makes of bytes, an event a line.
func readStrict(r io.Reader, tested Role, in *inflater) string {
	s := &strict{r: bufio.NewReader(r), masked: tested == Client, inflater: in, log: &transcript{begun: time.Now()}}
	var b strings.Builder
	for {
		e := s.next()
		if e.ended {
			fmt.Fprintln(&b, "end:", e.err)
			return b.String()
		}
		fmt.Fprintf(&b, "%s %q", opName(e.op), e.payload)
		if e.op == opClose {
			fmt.Fprintf(&b, " %d", e.code)
		}
		b.WriteByte('\n')
	}
}

// TestStrict has a line for each rule that a tested peer can break.
func TestStrict(t *testing.T) {
	for _, test := range []struct{ name, bytes, want string }{
		{"nothing", "", "end: EOF"},
		{"text", "\x81\x05Hello", `text "Hello"` + "\nend: EOF"},
		{"binary of 126", "\x82\x7E\x00\x7E" + strings.Repeat("b", 126), `binary "` + strings.Repeat("b", 126) + `"` + "\nend: EOF"},
		{"fragments and a Ping", "\x01\x03Hel\x89\x02?!\x00\x00\x80\x02lo", `ping "?!"` + "\n" + `text "Hello"` + "\nend: EOF"},
		{"Close", "\x88\x05\x03\xE8bye", `close "\x03\xe8bye" 1000` + "\nend: EOF"},
		{"Close without a code", "\x88\x00", `close "" 1005` + "\nend: EOF"},
		{"cut in a header", "\x81", "end: unexpected EOF"},
		{"cut in a long header", "\x81\x7E\x01", "end: unexpected EOF"},
		{"cut in a payload", "\x81\x05Hel", "end: unexpected EOF"},
		{"masked", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "masked frame as a server"},
		{"RSV1", "\xC1\x00", "RSV1 without an extension"},
		{"RSV2", "\xA1\x00", "RSV2 or RSV3"},
		{"RSV3", "\x91\x00", "RSV2 or RSV3"},
		{"opcode 3", "\x83\x00", "reserved opcode"},
		{"opcode B", "\x8B\x00", "reserved opcode"},
		{"16-bit length of 125", "\x82\x7E\x00\x7D", "not in its shortest form"},
		{"64-bit length of 65535", "\x82\x7F\x00\x00\x00\x00\x00\x00\xFF\xFF", "not in its shortest form"},
		{"top bit", "\x82\x7F\x80\x00\x00\x00\x00\x00\x00\x00", "top bit"},
		{"too long", "\x82\x7F\x00\x00\x01\x00\x00\x00\x00\x00", "more than the suite takes"},
		{"fragmented Ping", "\x09\x00", "fragments a control frame"},
		{"long Ping", "\x89\x7E\x00\x7E", "more than 125 bytes"},
		{"continuation", "\x80\x00", "nothing to continue"},
		{"message in a message", "\x01\x00\x81\x00", "inside another one"},
		{"bad text", "\x81\x01\xFF", "not valid UTF-8"},
		{"half a code point", "\x81\x01\xC3", "not valid UTF-8"},
		{"Close of one byte", "\x88\x01\x03", "payload of one byte"},
		{"Close with 1005", "\x88\x02\x03\xED", "the code 1005"},
		{"Close with bad reason", "\x88\x03\x03\xE8\xFF", "reason is not valid UTF-8"},
		{"data after Close", "\x88\x00\x81\x00", "data frame after its Close"},
		{"Close after Close", "\x88\x00\x88\x00", "second Close"},
	} {
		if got := readStrict(strings.NewReader(test.bytes), Server, nil); !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
	if got := readStrict(strings.NewReader("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), Client, nil); !strings.Contains(got, `text "Hello"`) {
		t.Errorf("a masked frame: %q", got)
	}
	if got := readStrict(strings.NewReader("\x81\x05Hello"), Client, nil); !strings.Contains(got, "unmasked frame as a client") {
		t.Errorf("an unmasked frame: %q", got)
	}
	for bytes, want := range map[string]string{
		"\xC1\x07\xF2\x48\xCD\xC9\xC9\x07\x00":         `text "Hello"`,
		"\x41\x03\xF2\x48\xCD\x80\x04\xC9\xC9\x07\x00": `text "Hello"`,
		"\x41\x03\xF2\x48\xCD\xC0\x04\xC9\xC9\x07\x00": "RSV1 on a continuation frame",
		"\xC9\x00":                             "RSV1 on a ping frame",
		"\xC1\x02\x07\x00":                     "not DEFLATE",
		"\xC1\x07\x00\x01\x00\xFE\xFF\xFF\x00": "not valid UTF-8",
		"\xC2\x07\x00\x01\x00\xFE\xFF\xFF\x00\x81\x02up":   `text "up"`,
		"\xC1\x07\xF2\x48\xCD\xC9\xC9\x07\x00\x81\x02up":   `text "up"`,
		"\xC1\x05\xF2\x00\x11\x00\x00":                     "behind the beginning",
		"\x82\x01\xFF\xC1\x07\xF2\x48\xCD\xC9\xC9\x07\x00": `text "Hello"`,
	} {
		if got := readStrict(strings.NewReader(bytes), Server, &inflater{window: maxWindow, takeover: true}); !strings.Contains(got, want) {
			t.Errorf("%x: %q, want %q", bytes, got, want)
		}
	}
}

// FuzzStrict: however bytes come, they say the same.
func FuzzStrict(f *testing.F) {
	f.Add([]byte("\x01\x03Hel\x89\x02?!\x80\x02lo\x88\x02\x03\xE8"), false)
	f.Add([]byte("\x82\x7E\x00\x7E"+strings.Repeat("b", 126)), false)
	f.Add([]byte("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), true)
	f.Fuzz(func(t *testing.T, b []byte, masked bool) {
		tested := Server
		if masked {
			tested = Client
		}
		whole := readStrict(bytes.NewReader(b), tested, &inflater{window: maxWindow})
		if got := readStrict(iotest.OneByteReader(bytes.NewReader(b)), tested, &inflater{window: maxWindow}); got != whole {
			t.Errorf("a byte at a time: %q\nwhole: %q", got, whole)
		}
	})
}
