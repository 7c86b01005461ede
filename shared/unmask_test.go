package shared

import (
	"bytes"
	"strconv"
	"testing"
)

// unmaskOneByOne is UnmaskMessages in other words.
func unmaskOneByOne(b []byte, most, limit int) (u Unmasked) {
	for u.Count < most {
		op, masked, start, end := PeekMessage(b[u.End:])
		if end == 0 || !masked || end-start > limit {
			break
		}
		frame := b[u.End : u.End+end]
		payload := bytes.Clone(frame[start:])
		maskByByte(payload, [4]byte(frame[start-4:start]), 0)
		if op == OpcodeText && bytes.ContainsFunc(payload, func(r rune) bool { return r >= 0x80 }) {
			break
		}
		copy(frame[start:], payload)
		u = Unmasked{Count: u.Count + 1, End: u.End + end, Last: u.End, Size: u.Size + len(payload)}
	}
	return u
}

func checkUnmask(t *testing.T, b []byte, most, limit int) Unmasked {
	t.Helper()
	got, want := bytes.Clone(b), bytes.Clone(b)
	u, w := UnmaskMessages(got, most, limit), unmaskOneByOne(want, most, limit)
	if u != w || !bytes.Equal(got, want) {
		t.Fatalf("%x, at most %d of %d bytes: %+v, %x, want %+v, %x", b, most, limit, u, got, w, want)
	}
	return u
}

// maskedFrame is a frame as a client sends it, with a key that is not ASCII.
func maskedFrame(first byte, payload []byte) []byte {
	key := [4]byte{0x37, 0xFA, 0x21, 0xBD}
	b := append([]byte{first, bitMasked | byte(len(payload))}, key[:]...)
	b = append(b, payload...)
	maskByByte(b[6:], key, 0)
	return b
}

// Each length, as text and binary, with a byte that is not ASCII anywhere or nowhere, behind and before a message.
func TestSection5_3_UnmaskMessages(t *testing.T) {
	beside := maskedFrame(0x81, []byte("beside"))
	for length := range maxLength7 + 1 {
		for wrong := -1; wrong < length; wrong++ {
			payload := make([]byte, length)
			if wrong >= 0 {
				payload[wrong] = 0x80
			}
			for _, first := range []byte{0x81, 0x82} {
				count := 3
				if first == 0x81 && wrong >= 0 {
					count = 1
				}
				b := append(append(bytes.Clone(beside), maskedFrame(first, payload)...), beside...)
				if u := checkUnmask(t, b, 64, maxLength7); u.Count != count {
					t.Fatalf("%d bytes, the wrong one at %d: %+v", length, wrong, u)
				}
			}
		}
	}
}

// What else may stand behind a message, and where the bytes end.
func TestSection5_2_UnmaskMessagesStops(t *testing.T) {
	message := maskedFrame(0x82, []byte("0123456789"))
	for first := range 256 {
		for _, second := range []byte{0, 5, 0x7E, 0x7F, 0x80, 0x85, 0xFD, 0xFE, 0xFF} {
			b := append(bytes.Clone(message), byte(first), second)
			checkUnmask(t, append(b, make([]byte, 140)...), 64, maxLength7)
		}
	}
	for cut := range 2 * len(message) {
		if u := checkUnmask(t, bytes.Repeat(message, 2)[:cut], 64, maxLength7); u.Count != cut/len(message) {
			t.Errorf("%d bytes: %+v", cut, u)
		}
	}
	for most := range 4 {
		if u := checkUnmask(t, bytes.Repeat(message, 3), most, maxLength7); u.Count != most {
			t.Errorf("at most %d: %+v", most, u)
		}
	}
	for _, x := range []struct{ limit, count int }{{0, 0}, {9, 0}, {10, 1}, {maxLength7 + 1, 1}} {
		if u := checkUnmask(t, message, 64, x.limit); u.Count != x.count {
			t.Errorf("at most %d bytes: %+v", x.limit, u)
		}
	}
	if u := UnmaskMessages(append(maskedFrame(0x82, nil), 0x82, 0xFE, 0, 126, 0, 0, 0, 0), 64, 1<<20); u.Count != 1 {
		t.Errorf("a longer form of the length: %+v", u)
	}
}

func FuzzUnmaskMessages(f *testing.F) {
	f.Add(append(maskedFrame(0x81, []byte("Hello")), maskedFrame(0x82, []byte{1, 2, 3})...), byte(64), byte(125))
	f.Add(append(maskedFrame(0x81, []byte("0123456789abcdef")), maskedFrame(0x81, []byte("κόσμε"))...), byte(2), byte(16))
	f.Fuzz(func(t *testing.T, b []byte, most, limit byte) { checkUnmask(t, b, int(most), int(limit)) })
}

func BenchmarkUnmaskMessages(b *testing.B) {
	const n = 16
	for _, first := range []byte{0x81, 0x82} {
		for _, size := range []int{4, 16, 125} {
			wire := bytes.Repeat(maskedFrame(first, bytes.Repeat([]byte("a"), size)), n)
			messages := make([]byte, len(wire))
			b.Run(Opcode(first&0x0F).String()+"/"+strconv.Itoa(size), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					copy(messages, wire)
					if u := UnmaskMessages(messages, n, maxLength7); u.Count != n {
						b.Fatalf("%+v", u)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/message")
			})
		}
	}
}
