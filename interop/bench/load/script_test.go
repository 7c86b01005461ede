package main

import (
	"bytes"
	"compress/flate"
	"io"
	"testing"
	"unicode/utf8"

	"example.com/tandem/shared"
)

func testScript(t *testing.T, content string, size int, deflate bool) *script {
	t.Helper()
	s, err := newScript(content, size, deflate)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func inflated(t *testing.T, b []byte) []byte {
	t.Helper()
	r := flate.NewReader(bytes.NewReader(append(bytes.Clone(b), 0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff)))
	p, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestScriptFramesDecodeToItsPayloads(t *testing.T) {
	for _, deflate := range []bool{false, true} {
		for _, size := range []int{0, 16, 125, 126, 70000} {
			s := testScript(t, "json", size, deflate)
			count := len(s.payloads)
			d := newDialogue(s, count-1)
			d.asked += 16
			var b []byte
			for len(d.waiting()) > 0 {
				some := d.waiting()
				some = some[:min(len(some), 1000)]
				b = append(b, some...)
				d.took(len(some))
			}
			for i := range 16 {
				h, n, err := shared.ParseHeader(b)
				if err != nil || n == 0 || !h.Fin || !h.Masked || h.RSV1 != deflate || h.Opcode != shared.OpcodeText {
					t.Fatalf("size %d: header %+v, %d, %v", size, h, n, err)
				}
				payload := bytes.Clone(b[n : n+int(h.Length)])
				shared.Mask(payload, h.MaskingKey, 0)
				if deflate {
					payload = inflated(t, payload)
				}
				if !bytes.Equal(payload, s.payload(count-1+i)) {
					t.Fatalf("size %d: frame %d has another payload", size, i)
				}
				b = b[n+int(h.Length):]
			}
			if len(b) != 0 {
				t.Fatalf("size %d: %d bytes too many", size, len(b))
			}
		}
	}
}

func TestSmallFramesAcrossTheEndLieInOnePiece(t *testing.T) {
	s := testScript(t, "binary", 16, false)
	d := newDialogue(s, len(s.payloads)-3)
	d.asked += 16
	if got, want := len(d.waiting()), 16*(16+6); got != want {
		t.Errorf("%d bytes lie in one piece, want %d", got, want)
	}
}

func TestContentsAreWhatTheyAreCalled(t *testing.T) {
	for _, size := range []int{16, 17, 18, 19, 1 << 10, 64 << 10, 1 << 20} {
		for _, kind := range []string{"binary", "ascii", "cyrillic", "json"} {
			op, payloads, err := contents(kind, 3, size)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range payloads {
				if len(p) != size {
					t.Fatalf("%s: %d bytes, want %d", kind, len(p), size)
				}
				ascii := !bytes.ContainsFunc(p, func(r rune) bool { return r >= 0x80 })
				if ascii != (kind == "ascii" || kind == "json") || utf8.Valid(p) != (op == shared.OpcodeText) {
					t.Errorf("%s, %d bytes: %q", kind, size, p[:16])
				}
			}
			if bytes.Equal(payloads[0], payloads[1]) {
				t.Errorf("%s: the same message twice", kind)
			}
		}
	}
	if _, _, err := contents("music", 1, 1); err == nil {
		t.Error("there is music")
	}
}
