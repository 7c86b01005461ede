package shared

import (
	"bytes"
	"math/rand/v2"
	"slices"
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

// Every second byte behind every lead, and every third and fourth byte behind
// the ends of the ranges before them, compared with what the standard library
// says of the rest.
func TestSection8_1_EveryByte(t *testing.T) {
	prefixes := []string{""}
	for length := 1; length <= 4; length++ {
		var longer []string
		for _, prefix := range prefixes {
			for c := range 256 {
				p := append([]byte(prefix), byte(c))
				var v UTF8
				got, want := v.Write(p), continuable(p)
				if got != want {
					t.Errorf("% x: %v, want %v", p, got, want)
				}
				if v.Complete() != utf8.Valid(p) {
					t.Errorf("% x: Complete = %v", p, v.Complete())
				}
				if want && (length == 1 || slices.Contains([]byte{0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF}, byte(c))) {
					longer = append(longer, string(p))
				}
			}
		}
		prefixes = longer
	}
}

// Long texts are taken many bytes at once: each text is put at every place among those.
func TestSection8_1_AnywhereInALongText(t *testing.T) {
	for _, around := range []string{"a", "é", "世"} {
		for _, c := range texts {
			for before := 0; before <= 130; before += len(around) {
				for _, after := range []int{0, 1, 7, 8, 15, 16, 17, 40, 150} {
					text := strings.Repeat(around, before/len(around)) + c.text + strings.Repeat(around, after)
					var v UTF8
					got, want := v.Write([]byte(text)), c.fails < 0 && (!c.open || after == 0)
					if got != want || v.Complete() != utf8.ValidString(text) {
						t.Errorf("%s, behind %d bytes and before %d times %q: %v, Complete = %v", c.name, before, after, around, got, v.Complete())
					}
				}
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
		f.Add([]byte(strings.Repeat("a", 70)+c.text+strings.Repeat("b", 20)), []byte{1, 200})
	}
	f.Fuzz(func(t *testing.T, text, cuts []byte) {
		if len(text) > 200 {
			return // the model is quadratic
		}
		var v, unmasking UTF8
		masked, pos := bytes.Clone(text), 3
		maskByByte(masked, exampleKey, pos)
		end := 0
		for i := 0; end < len(text); i++ {
			size := len(text) - end
			if i < len(cuts) {
				size = min(size, int(cuts[i]))
			}
			ok := v.Write(text[end : end+size])
			next, same := unmasking.WriteMasked(masked[end:end+size], exampleKey, pos)
			if end += size; next != end+3 || same != ok || unmasking != v || !bytes.Equal(masked[:end], text[:end]) {
				t.Fatalf("% x, unmasked: % x, %v, %d, want %v, %d", text[:end], masked[:end], same, next, ok, end+3)
			}
			pos = next
			if want := continuable(text[:end]); ok != want {
				t.Fatalf("% x | % x: %v, want %v", text[:end], text[end:], ok, want)
			}
			if got, want := v.Complete(), utf8.Valid(text[:end]); got != want {
				t.Fatalf("% x: Complete = %v", text[:end], got)
			}
		}
	})
}

// WriteMasked is Mask and Write, wherever a long text is cut, and wherever it leaves ASCII or UTF-8.
func TestSection8_1_Masked(t *testing.T) {
	for _, words := range []string{"ASCII alone ", "не ASCII "} {
		text := prose(40_000, words)
		for _, wrong := range []int{-1, 0, 63, 64, 8191, 8192, 8193, 20_000, len(text) - 1} {
			for _, cut := range []int{0, 1, 4095, 8192, 16_389, len(text)} {
				want := bytes.Clone(text)
				if wrong >= 0 {
					want[wrong] = 0xD0 // the first of two bytes
				}
				got := bytes.Clone(want)
				maskByByte(got, exampleKey, 0)
				var v, model UTF8
				pos := 0
				for _, p := range [][]byte{got[:cut], got[cut:]} {
					next, valid := v.WriteMasked(p, exampleKey, pos)
					if ok := model.Write(want[pos:][:len(p)]); next != pos+len(p) || valid != ok || v != model {
						t.Errorf("%s cut at %d, wrong at %d: from %d to %d, %v, want %d, %v", words, cut, wrong, pos, next, valid, pos+len(p), ok)
					}
					pos = next
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s cut at %d, wrong at %d: not unmasked", words, cut, wrong)
				}
			}
		}
	}
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

// prose returns words in random order, so that no processor learns them by heart.
func prose(size int, words string) []byte {
	list, r := strings.Fields(words), rand.New(rand.NewPCG(1, 2))
	var text []byte
	for len(text) < size {
		text = append(append(text, list[r.IntN(len(list))]...), ' ')
	}
	return text
}

// Validation beside utf8.Valid, which has to have its fragments cut between code points.
func BenchmarkUTF8(b *testing.B) {
	const latin, cyrillic = "all happy families are alike each unhappy family is unhappy in its own way ", "все счастливые семьи похожи друг на друга "
	for _, script := range []struct{ name, words string }{
		{"ASCII", latin},
		{"Cyrillic", cyrillic},
		{"CJK", "幸福的家庭都是相似的, 不幸的家庭, 各有各的不幸。"},
		{"mixed", latin + cyrillic + "幸福的家庭 à façon 😀 👍🏽"},
	} {
		text := prose(64<<10, script.words)
		for _, size := range []int{len(text), 4096, 125, 7, 1} {
			var fragments, whole [][]byte
			for rest := text; len(rest) > 0; rest = rest[min(size, len(rest)):] {
				fragments = append(fragments, rest[:min(size, len(rest))])
			}
			for rest := text; len(rest) > 0; {
				n := min(size, len(rest))
				for n < len(rest) && !utf8.RuneStart(rest[n]) {
					n++
				}
				whole, rest = append(whole, rest[:n]), rest[n:]
			}
			name := script.name + "/whole/"
			if size < len(text) {
				name = script.name + "/" + strconv.Itoa(size) + "/"
			}
			b.Run(name+"Valid", func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					for _, p := range whole {
						if !utf8.Valid(p) {
							b.Fatal("refused")
						}
					}
				}
			})
			b.Run(name+"UTF8", func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					var v UTF8
					for _, p := range fragments {
						v.Write(p)
					}
					if !v.Complete() {
						b.Fatal("refused")
					}
				}
			})
		}
	}
}

// One look at masked text beside two. The key is such that the text stays as it is.
func BenchmarkWriteMasked(b *testing.B) {
	for _, words := range []string{"ASCII ", "кириллица "} {
		for _, size := range []int{16, 125, 1 << 10, 64 << 10, 1 << 20} {
			p := prose(size, words)
			run := func(name string, write func(v *UTF8, p []byte) bool) {
				b.Run(words[:len(words)-1]+"/"+strconv.Itoa(size)+"/"+name, func(b *testing.B) {
					b.SetBytes(int64(size))
					b.ReportAllocs()
					for b.Loop() {
						var v UTF8
						if !write(&v, p) {
							b.Fatal("refused")
						}
					}
				})
			}
			run("one", func(v *UTF8, p []byte) bool {
				_, valid := v.WriteMasked(p, [4]byte{}, 0)
				return valid
			})
			run("two", func(v *UTF8, p []byte) bool {
				Mask(p, [4]byte{}, 0)
				return v.Write(p)
			})
		}
	}
}
