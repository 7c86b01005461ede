package shared

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// texts are judged byte by byte. fails is the index of the byte that has to be
// refused, -1 if none is; open says that a code point is unfinished at the end.
var texts = []struct {
	name  string
	text  string
	fails int
	open  bool
}{
	{"empty", "", -1, false},
	{"ASCII", "Hello, world", -1, false},
	{"NUL and DEL", "\x00\x7f", -1, false},
	{"κόσμε", "κόσμε", -1, false},
	{"κόσμε, cut", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce", -1, true},
	{"astral", "😀𐍈", -1, false},

	{"first of 2 bytes", "\xc2\x80", -1, false},
	{"last of 2 bytes", "\xdf\xbf", -1, false},
	{"first of 3 bytes", "\xe0\xa0\x80", -1, false},
	{"last of 3 bytes, a non-character", "\xef\xbf\xbf", -1, false},
	{"U+FFFE, a non-character", "\xef\xbf\xbe", -1, false},
	{"U+FDD0, a non-character", "\xef\xb7\x90", -1, false},
	{"U+FFFD", "\xef\xbf\xbd", -1, false},
	{"U+FEFF", "\xef\xbb\xbf", -1, false},
	{"first of 4 bytes", "\xf0\x90\x80\x80", -1, false},
	{"U+1FFFE, a non-character", "\xf0\x9f\xbf\xbe", -1, false},
	{"U+10FFFF", "\xf4\x8f\xbf\xbf", -1, false},
	{"below the surrogates", "\xed\x9f\xbf", -1, false},
	{"above the surrogates", "\xee\x80\x80", -1, false},

	{"open after 1 of 2", "a\xc2", -1, true},
	{"open after 1 of 3", "a\xe2", -1, true},
	{"open after 2 of 3", "a\xe2\x82", -1, true},
	{"open after 1 of 4", "a\xf0", -1, true},
	{"open after 2 of 4", "a\xf0\x9f", -1, true},
	{"open after 3 of 4", "a\xf0\x9f\x98", -1, true},

	{"above U+10FFFF", "a\xf4\x90\x80\x80", 2, false},
	{"lead F5", "a\xf5\x80\x80\x80", 1, false},
	{"lead F8, 5 bytes", "\xf8\x88\x80\x80\x80", 0, false},
	{"lead FC, 6 bytes", "\xfc\x84\x80\x80\x80\x80", 0, false},
	{"FE", "\xfe", 0, false},
	{"FF", "ab\xff", 2, false},
	{"overlong C0", "\xc0\xaf", 0, false},
	{"overlong C1", "\xc1\xbf", 0, false},
	{"overlong E0", "\xe0\x80\xaf", 1, false},
	{"overlong E0 9F", "\xe0\x9f\xbf", 1, false},
	{"overlong F0", "\xf0\x80\x80\xaf", 1, false},
	{"overlong F0 8F", "\xf0\x8f\xbf\xbf", 1, false},
	{"surrogate D800", "\xed\xa0\x80", 1, false},
	{"surrogate DFFF", "\xed\xbf\xbf", 1, false},
	{"surrogate pair", "x\xed\xa0\x80\xed\xb0\x80", 2, false},
	{"lone continuation", "\x80", 0, false},
	{"lone continuation behind text", "κ\xbf", 2, false},
	{"one continuation too many", "κόσμε\xf0\x9f\x98\x80\x80", 14, false},
	{"lead, then ASCII", "\xc3a", 1, false},
	{"lead of 3, then ASCII", "\xe2\x82a", 2, false},
	{"lead of 4, then lead", "\xf0\x9f\x98\xf0", 3, false},
	{"lead, then lead", "\xc3\xc3\xa4", 1, false},
	{"the surrogate in the middle", "κόσμε\xed\xa0\x80edited", 11, false},
	{"long ASCII, then wrong", strings.Repeat("a", 100) + "\xe0\x80" + strings.Repeat("a", 100), 101, false},
	{"wrong, then long ASCII", "\xc0" + strings.Repeat("a", 100), 0, false},
}

func TestSection8_1_FailsAtTheFirstWrongByte(t *testing.T) {
	for _, c := range texts {
		var v UTF8
		for i := range len(c.text) {
			want := c.fails < 0 || i < c.fails
			if got := v.Write([]byte{c.text[i]}); got != want {
				t.Errorf("%s: byte %d gives %v", c.name, i, got)
			}
		}
		if want := c.fails < 0 && !c.open; v.Complete() != want {
			t.Errorf("%s: Complete = %v", c.name, !want)
		}
	}
}

func TestSection8_1_CutAnywhere(t *testing.T) {
	for _, c := range texts {
		for cut := range len(c.text) + 1 {
			var v UTF8
			for i, piece := range []string{c.text[:cut], c.text[cut:]} {
				end := cut * (1 - i)
				if i == 1 {
					end = len(c.text)
				}
				want := c.fails < 0 || end <= c.fails
				if got := v.Write([]byte(piece)); got != want {
					t.Errorf("%s, cut at %d: piece %d gives %v", c.name, cut, i, got)
				}
			}
			if got := v.Complete(); got != utf8.ValidString(c.text) {
				t.Errorf("%s, cut at %d: Complete = %v", c.name, cut, got)
			}
		}
	}
}

func TestUTF8Reset(t *testing.T) {
	for _, before := range []string{"\xff", "\xe2\x82", "\xed"} {
		var v UTF8
		v.Write([]byte(before))
		if v.Complete() {
			t.Errorf("%x: complete", before)
		}
		v.Reset()
		if !v.Complete() || !v.Write([]byte("\xed\x9f\xbf")) || !v.Complete() {
			t.Errorf("%x: Reset left something behind", before)
		}
	}
}

// Every second byte behind every lead, and every byte as the third and fourth:
// the ranges, compared with what the standard library says of the rest.
func TestSection8_1_EveryPrefixOfTwoBytes(t *testing.T) {
	for first := range 256 {
		for second := range 256 {
			prefix := []byte{byte(first), byte(second)}
			var v UTF8
			if got, want := v.Write(prefix), continuable(prefix); got != want {
				t.Errorf("% x: %v, want %v", prefix, got, want)
			}
		}
	}
}

// continuable reports whether p can still become valid UTF-8, found by trying:
// if any code point completes what is open at the end, one of these does.
func continuable(p []byte) bool {
	for _, end := range []string{
		"", "\x80", "\x80\x80", "\x80\x80\x80", // from C2, E1 and F1 on, anywhere behind the second byte
		"\xa0\x80", "\x90\x80\x80", // behind E0 and F0, where 80 is overlong
	} {
		if utf8.Valid(append(bytes.Clone(p), end...)) {
			return true
		}
	}
	return false
}

func FuzzUTF8(f *testing.F) {
	for _, c := range texts {
		f.Add([]byte(c.text), []byte{1, 2, 0, 3})
		f.Add([]byte(c.text), []byte{200})
	}
	f.Fuzz(func(t *testing.T, text, cuts []byte) {
		if len(text) > 200 {
			return // the model is quadratic
		}
		var v UTF8
		end := 0
		for i := 0; end < len(text); i++ {
			size := len(text) - end
			if i < len(cuts) {
				size = min(size, int(cuts[i]))
			}
			ok := v.Write(text[end : end+size])
			end += size
			if want := continuable(text[:end]); ok != want {
				t.Fatalf("% x | % x: %v, want %v", text[:end], text[end:], ok, want)
			}
			if got, want := v.Complete(), utf8.Valid(text[:end]); got != want {
				t.Fatalf("% x: Complete = %v", text[:end], got)
			}
		}
	})
}

func TestUTF8DoesNotAllocate(t *testing.T) {
	text := []byte(strings.Repeat("Привет, ", 50))
	allocations := testing.AllocsPerRun(100, func() {
		var v UTF8
		if !v.Write(text[:101]) || !v.Write(text[101:]) || !v.Complete() {
			t.Fatal("refused")
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

func BenchmarkUTF8(b *testing.B) {
	cyrillic := "Все счастливые семьи похожи друг на друга. "
	for _, c := range []struct{ name, text string }{
		{"ASCII", strings.Repeat("a", 64<<10)},
		{"Cyrillic", strings.Repeat(cyrillic, 64<<10/len(cyrillic))},
	} {
		text := []byte(c.text)
		b.Run(c.name+"/Valid", func(b *testing.B) { // what the others are measured against
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if !utf8.Valid(text) {
					b.Fatal("refused")
				}
			}
		})
		for _, fragment := range []int{len(text), 1001, 17} { // odd: cuts inside code points
			b.Run(c.name+"/"+strconv.Itoa(fragment), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					var v UTF8
					for rest := text; len(rest) > 0; {
						n := min(fragment, len(rest))
						v.Write(rest[:n])
						rest = rest[n:]
					}
					if !v.Complete() {
						b.Fatal("refused")
					}
				}
			})
		}
	}
}
