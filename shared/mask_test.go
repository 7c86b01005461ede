package shared

import (
	"bytes"
	"testing"
)

func TestSection5_7_MaskedHello(t *testing.T) {
	b := []byte{0x7F, 0x9F, 0x4D, 0x51, 0x58}
	if next := Mask(b, exampleKey, 0); string(b) != "Hello" || next != 5 {
		t.Errorf("%q, %d", b, next)
	}
}

// maskByByte is RFC 6455 §5.3's own formula.
func maskByByte(b []byte, key [4]byte, pos int) {
	for i := range b {
		b[i] ^= key[(pos+i)%4]
	}
}

func TestSection5_3_Mask(t *testing.T) {
	const around = 0xEE
	for length := range 131 {
		for pos := range 8 {
			for alignment := range 8 {
				room := bytes.Repeat([]byte{around}, alignment+length+8)
				b := room[alignment : alignment+length]
				for i := range b {
					b[i] = byte(i * 7)
				}
				want := bytes.Clone(room)
				maskByByte(want[alignment:alignment+length], exampleKey, pos)
				next := Mask(b, exampleKey, pos)
				if !bytes.Equal(room, want) || next != pos+length {
					t.Fatalf("length %d, pos %d, alignment %d:\n%x, next %d, want\n%x", length, pos, alignment, room, next, want)
				}
			}
		}
	}
}

// The offset may wrap around: only its value modulo 4 counts.
func TestSection5_3_MaskFarBehind(t *testing.T) {
	const maxInt = int(^uint(0) >> 1)
	whole, pieces := []byte("0123456789"), []byte("0123456789")
	Mask(whole, exampleKey, maxInt&3)
	pos := Mask(pieces[:3], exampleKey, maxInt)
	Mask(pieces[3:], exampleKey, pos)
	if !bytes.Equal(whole, pieces) {
		t.Errorf("%x, want %x", pieces, whole)
	}
}

func FuzzMask(f *testing.F) {
	f.Add([]byte("Hello"), []byte{0x37, 0xFA, 0x21, 0x3D}, uint(0), uint(3))
	f.Add(bytes.Repeat([]byte("κόσμε"), 20), []byte{0, 1, 0xFF, 0x80}, uint(3), uint(65))
	f.Fuzz(func(t *testing.T, p, keyBytes []byte, pos, cut uint) {
		var key [4]byte
		copy(key[:], keyBytes)
		start, middle := int(pos%8), int(cut%uint(len(p)+1))
		want := bytes.Clone(p)
		maskByByte(want, key, start)

		got := bytes.Clone(p) // in two pieces, cut anywhere
		next := Mask(got[:middle], key, start)
		if next = Mask(got[middle:], key, next); next != start+len(p) {
			t.Errorf("next offset %d, want %d", next, start+len(p))
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%x, want %x", got, want)
		}
		Mask(got, key, start) // and back
		if !bytes.Equal(got, p) {
			t.Errorf("unmasked %x, want %x", got, p)
		}
	})
}

func TestMaskDoesNotAllocate(t *testing.T) {
	b := make([]byte, 1003)
	pos := 0
	if n := testing.AllocsPerRun(100, func() { pos = Mask(b, exampleKey, pos&3) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

var sizes = []struct {
	name  string
	bytes int
}{{"16", 16}, {"125", 125}, {"1KiB", 1 << 10}, {"64KiB", 64 << 10}, {"1MiB", 1 << 20}}

func BenchmarkMask(b *testing.B) {
	for _, size := range sizes {
		p := make([]byte, size.bytes)
		b.Run(size.name, func(b *testing.B) {
			b.SetBytes(int64(len(p)))
			for b.Loop() {
				Mask(p, exampleKey, 1)
			}
		})
	}
}

// What masking is measured against.
func BenchmarkMaskCopy(b *testing.B) {
	for _, size := range sizes {
		from, to := make([]byte, size.bytes), make([]byte, size.bytes)
		b.Run(size.name, func(b *testing.B) {
			b.SetBytes(int64(len(from)))
			for b.Loop() {
				copy(to, from)
			}
		})
	}
}
