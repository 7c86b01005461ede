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
	lengths := []int{2047, 2048, 2049, 2055, 2056, 2175} // where words begin to be aligned
	for length := range 131 {
		lengths = append(lengths, length)
	}
	for _, length := range lengths {
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
	for _, length := range []int{10, 3000} {
		whole, pieces := make([]byte, length), make([]byte, length)
		maskByByte(whole, exampleKey, maxInt&3)
		pos := Mask(pieces[:3], exampleKey, maxInt)
		Mask(pieces[3:], exampleKey, pos)
		if !bytes.Equal(whole, pieces) {
			t.Errorf("%x, want %x", pieces, whole)
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add([]byte("Hello"), []byte{0x37, 0xFA, 0x21, 0x3D}, uint(0), uint(3))
	f.Add(bytes.Repeat([]byte("κόσμε"), 20), []byte{0, 1, 0xFF, 0x80}, uint(3), uint(65))
	f.Add(make([]byte, 4500), []byte{1, 2, 3, 4}, uint(1), uint(2200))
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

// Masking beside copying the same bytes. A payload begins at an aligned address when it was read into a buffer of its
// own, and behind the header when it was not; its pieces begin anywhere.
func BenchmarkMask(b *testing.B) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"16", 16}, {"125", 125}, {"1KiB", 1 << 10}, {"64KiB", 64 << 10}, {"1MiB", 1 << 20}} {
		from, room := make([]byte, size.bytes), make([]byte, size.bytes+8)
		run := func(name string, f func(p []byte), p []byte) {
			b.Run(size.name+"/"+name, func(b *testing.B) {
				b.SetBytes(int64(len(p)))
				b.ReportAllocs()
				for b.Loop() {
					f(p)
				}
			})
		}
		first := func(p []byte) { Mask(p, exampleKey, 0) }
		run("copy", func(p []byte) { copy(p, from) }, room[:size.bytes])
		run("aligned", first, room[:size.bytes])
		run("unaligned", first, room[6:][:size.bytes])
		run("piece", func(p []byte) { Mask(p, exampleKey, 6) }, room[6:][:size.bytes])
	}
}
