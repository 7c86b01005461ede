package shared

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

var exampleKey = [4]byte{0x37, 0xFA, 0x21, 0x3D} // RFC 6455 §5.7

// wantViolation fails the test unless err is a *Violation with this code, and
// its text holds part.
func wantViolation(t *testing.T, err error, code StatusCode, part string) {
	t.Helper()
	var v *Violation
	if !errors.As(err, &v) {
		t.Errorf("error %v, want a violation with %q", err, part)
		return
	}
	if v.Code != code {
		t.Errorf("code %v, want %v", v.Code, code)
	}
	if !strings.Contains(err.Error(), part) {
		t.Errorf("error %q lacks %q", err, part)
	}
}

// wire reads hexadecimal digits in groups.
func wire(t testing.TB, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(digits, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// headers are wire forms, each with what it means; both directions are tested.
var headers = []struct {
	name string
	wire string
	want Header
}{
	// The examples of RFC 6455 §5.7.
	{"unmasked text", "81 05", Header{Fin: true, Opcode: OpcodeText, Length: 5}},
	{"masked text", "81 85 37fa213d", Header{Fin: true, Opcode: OpcodeText, Masked: true, MaskingKey: exampleKey, Length: 5}},
	{"first fragment", "01 03", Header{Opcode: OpcodeText, Length: 3}},
	{"last fragment", "80 02", Header{Fin: true, Opcode: OpcodeContinuation, Length: 2}},
	{"ping", "89 05", Header{Fin: true, Opcode: OpcodePing, Length: 5}},
	{"masked pong", "8a 85 37fa213d", Header{Fin: true, Opcode: OpcodePong, Masked: true, MaskingKey: exampleKey, Length: 5}},
	{"256 bytes", "82 7e 0100", Header{Fin: true, Opcode: OpcodeBinary, Length: 256}},
	{"64 KiB", "82 7f 0000000000010000", Header{Fin: true, Opcode: OpcodeBinary, Length: 65536}},

	{"empty", "82 00", Header{Fin: true, Opcode: OpcodeBinary}},
	{"close", "88 02", Header{Fin: true, Opcode: OpcodeClose, Length: 2}},
	{"RSV1", "c1 07", Header{Fin: true, RSV1: true, Opcode: OpcodeText, Length: 7}},
	{"RSV2", "21 07", Header{RSV2: true, Opcode: OpcodeText, Length: 7}},
	{"RSV3", "11 07", Header{RSV3: true, Opcode: OpcodeText, Length: 7}},
	{"reserved opcode", "8f 00", Header{Fin: true, Opcode: 0xF}},
	{"125", "82 7d", Header{Fin: true, Opcode: OpcodeBinary, Length: 125}},
	{"126", "82 7e 007e", Header{Fin: true, Opcode: OpcodeBinary, Length: 126}},
	{"127", "82 7e 007f", Header{Fin: true, Opcode: OpcodeBinary, Length: 127}},
	{"65535", "82 7e ffff", Header{Fin: true, Opcode: OpcodeBinary, Length: 65535}},
	{"126, masked", "82 fe 007e 37fa213d", Header{Fin: true, Opcode: OpcodeBinary, Masked: true, MaskingKey: exampleKey, Length: 126}},
	{"2^31-1", "82 7f 000000007fffffff", Header{Fin: true, Opcode: OpcodeBinary, Length: 1<<31 - 1}},
	{"2^31", "82 7f 0000000080000000", Header{Fin: true, Opcode: OpcodeBinary, Length: 1 << 31}},
	{"2^32", "82 7f 0000000100000000", Header{Fin: true, Opcode: OpcodeBinary, Length: 1 << 32}},
	{"2^63-1, masked", "82 ff 7fffffffffffffff 37fa213d", Header{Fin: true, Opcode: OpcodeBinary, Masked: true, MaskingKey: exampleKey, Length: 1<<63 - 1}},
}

func TestSection5_2_ParseHeader(t *testing.T) {
	for _, c := range headers {
		b := wire(t, c.wire)
		for cut := range b { // a header cut anywhere asks for more
			if h, n, err := ParseHeader(b[:cut]); h != (Header{}) || n != 0 || err != nil {
				t.Errorf("%s, %d bytes of it: %+v, %d, %v", c.name, cut, h, n, err)
			}
		}
		for _, behind := range []string{"", "Hello, and the next frame"} {
			h, n, err := ParseHeader(append(b[:len(b):len(b)], behind...))
			if h != c.want || n != len(b) || err != nil {
				t.Errorf("%s: %+v, %d, %v, want %+v, %d", c.name, h, n, err, c.want, len(b))
			}
		}
	}
}

func TestSection5_2_AppendHeader(t *testing.T) {
	for _, c := range headers {
		b := wire(t, c.wire)
		if got := AppendHeader([]byte("x"), c.want); !bytes.Equal(got, append([]byte("x"), b...)) {
			t.Errorf("%s: %x, want 78%x", c.name, got, b)
		}
		if got := c.want.Len(); got != len(b) {
			t.Errorf("%s: Len = %d, want %d", c.name, got, len(b))
		}
	}
	longest := Header{Masked: true, Length: 1 << 40}
	if got := longest.Len(); got != MaxHeaderLen {
		t.Errorf("the longest header has %d bytes, want %d", got, MaxHeaderLen)
	}
	negative := Header{Fin: true, Opcode: OpcodeText, Length: -1}
	if got := AppendHeader(nil, negative); !bytes.Equal(got, []byte{0x81, 0}) || negative.Len() != 2 {
		t.Errorf("a negative length: %x, Len = %d", got, negative.Len())
	}
	wide := Header{Opcode: 0xF1}
	if got := AppendHeader(nil, wide); !bytes.Equal(got, []byte{0x01, 0}) {
		t.Errorf("an opcode of eight bits: %x", got)
	}
}

func TestSection5_2_LengthForms(t *testing.T) {
	for _, c := range []struct {
		wire string
		from int // bytes after which the error has to show
		part string
	}{
		{"82 7e 0000", 4, "a length of 0 in 16 bits"},
		{"82 7e 007d", 4, "a length of 125 in 16 bits"},
		{"82 fe 0001 37fa213d", 4, "a length of 1 in 16 bits"},
		{"82 7f 0000000000000000", 8, "shortest form"},
		{"82 7f 000000000000ffff", 8, "shortest form"},
		{"82 ff 000000000000007e 37fa213d", 8, "shortest form"},
		{"82 7f 8000000000000000", 3, "top bit"},
		{"82 7f ffffffffffffffff", 3, "top bit"},
		{"82 ff 8000000000000001 37fa213d", 3, "top bit"},
	} {
		b := wire(t, c.wire)
		for cut := range len(b) + 1 {
			h, n, err := ParseHeader(b[:cut])
			if h != (Header{}) || n != 0 {
				t.Errorf("%s, %d bytes of it: %+v, %d", c.wire, cut, h, n)
			}
			if cut < c.from {
				if err != nil {
					t.Errorf("%s, %d bytes of it: %v", c.wire, cut, err)
				}
				continue
			}
			wantViolation(t, err, StatusProtocolError, c.part)
			wantViolation(t, err, StatusProtocolError, "RFC 6455 §5.2")
		}
	}
}

// Whatever ParseHeader takes, AppendHeader writes again, byte for byte: there is
// one form only for each header.
func FuzzHeader(f *testing.F) {
	for _, c := range headers {
		f.Add(wire(f, c.wire))
	}
	f.Add(wire(f, "82 7e 007d"))
	f.Add(wire(f, "82 7f 8000000000000000"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := ParseHeader(b)
		if n == 0 {
			if h != (Header{}) {
				t.Errorf("%x: header %+v of no bytes", b, h)
			}
			if err == nil && len(b) >= MaxHeaderLen {
				t.Errorf("%x: %d bytes are not enough", b, len(b))
			}
			return
		}
		if err != nil || h.Length < 0 || n != h.Len() {
			t.Errorf("%x: %+v, %d, %v", b, h, n, err)
		}
		if got := AppendHeader(nil, h); !bytes.Equal(got, b[:n]) {
			t.Errorf("%x came back as %x", b[:n], got)
		}
	})
}

// checkPeek holds PeekMessage against ParseHeader.
func checkPeek(t *testing.T, b []byte) {
	t.Helper()
	h, n, _ := ParseHeader(b)
	whole := n > 0 && h.IsMessage() && h.Length <= maxLength7 && int64(n)+h.Length <= int64(len(b))
	op, masked, start, end := PeekMessage(b)
	if end > 0 != whole || whole && (op != h.Opcode || masked != h.Masked || start != n || end != n+int(h.Length)) {
		t.Errorf("%x: %v, masked %v, %d to %d; its header: %+v, %d bytes", b, op, masked, start, end, h, n)
	}
}

func TestSection5_2_PeekMessage(t *testing.T) {
	for first := range 256 {
		for second := range 256 {
			b := append([]byte{byte(first), byte(second)}, make([]byte, 140)...)
			checkPeek(t, b)
			for _, cut := range []int{0, 1, 2, 5, 6, second&0x7f + 1, second&0x7f + 2, second&0x7f + 5, second&0x7f + 6} {
				checkPeek(t, b[:cut])
			}
		}
	}
}

func FuzzPeekMessage(f *testing.F) {
	f.Add(wire(f, "81 05 48656c6c6f"))
	f.Add(wire(f, "82 83 37fa213d 48656c"))
	f.Fuzz(checkPeek)
}

func TestSection5_6_IsMessage(t *testing.T) {
	for first := range 256 {
		h, _, _ := ParseHeader([]byte{byte(first), 0})
		if want := first == 0x81 || first == 0x82; h.IsMessage() != want {
			t.Errorf("%02x: %v", first, !want)
		}
	}
}

func TestSection5_6_AppendMessage(t *testing.T) {
	for _, op := range []Opcode{OpcodeText, OpcodeBinary} {
		for _, size := range []int{0, 1, 125, 126, 1<<16 - 1, 1 << 16} {
			m := Message{op, bytes.Repeat([]byte("a"), size)}
			want := append(AppendHeader([]byte("before"), Header{Fin: true, Opcode: op, Length: int64(size)}), m.Payload...)
			if got := AppendMessage([]byte("before"), m.Opcode, m.Payload); !bytes.Equal(got, want) {
				t.Errorf("%v of %d bytes: %.20x, want %.20x", op, size, got, want)
			}
		}
	}
}

func TestHeaderDoesNotAllocate(t *testing.T) {
	h := Header{Fin: true, Opcode: OpcodeBinary, Masked: true, MaskingKey: exampleKey, Length: 1 << 20}
	room := make([]byte, 0, MaxHeaderLen)
	allocations := testing.AllocsPerRun(100, func() {
		got, _, err := ParseHeader(AppendHeader(room, h))
		if got != h || err != nil {
			t.Fatal(got, err)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

func BenchmarkParseHeader(b *testing.B) {
	for _, c := range []struct{ name, wire string }{
		{"short", "82 90 37fa213d"},
		{"16-bit", "82 fe 1000 37fa213d"},
		{"64-bit", "82 ff 0000000000100000 37fa213d"},
	} {
		p := wire(b, c.wire)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ParseHeader(p)
			}
		})
	}
}

func BenchmarkPeekMessage(b *testing.B) {
	p := append(wire(b, "82 90 37fa213d"), make([]byte, 16)...)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, _, end := PeekMessage(p); end == 0 {
			b.Fatal("no message")
		}
	}
}

func BenchmarkAppendHeader(b *testing.B) {
	room := make([]byte, 0, MaxHeaderLen)
	for _, c := range []struct {
		name   string
		length int64
	}{{"short", 16}, {"16-bit", 4096}, {"64-bit", 1 << 20}} {
		h := Header{Fin: true, Opcode: OpcodeBinary, Masked: true, MaskingKey: exampleKey, Length: c.length}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				AppendHeader(room, h)
			}
		})
	}
}
