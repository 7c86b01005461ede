package deflate

import (
	"fmt"
	"slices"
	"testing"
)

func found(m *matcher, message string) []sequence {
	m.slide(len(message))
	b := new(block)
	m.find(b, []byte(message))
	return slices.Clone(b.sequences[:b.n])
}

func TestFind(t *testing.T) {
	for name, c := range map[string]struct {
		before, message string
		want            []sequence
	}{
		"nothing":                   {"", "abcdefgh", nil},
		"too short":                 {"", "abcabd", nil},
		"four":                      {"", "abcd-abcd", []sequence{{5, 4, 5}}},
		"into itself":               {"", "aaaaaaaaaa", []sequence{{1, 9, 1}}},
		"in the message before":     {"abcdefgh", "abcdefgh", []sequence{{0, 8, 8}}},
		"of two the nearer":         {"abcd1abcd2", "abcd3", []sequence{{0, 4, 5}}},
		"of two the longer":         {"abcdef.abcd2", "abcdef", []sequence{{0, 6, 12}}},
		"a literal, then a longer":  {"abcd.bcdefgh", "abcdefgh", []sequence{{1, 7, 8}}},
		"two":                       {"abcd.efgh", "efgh.abcd", []sequence{{0, 4, 4}, {1, 4, 14}}},
		"as long as the first four": {"abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz", []sequence{{0, 26, 26}}},
	} {
		m := newMatcher(12)
		found(&m, c.before)
		if got := found(&m, c.message); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// A match that is as far as the window is large counts, one byte further does not.
func TestFindStaysInTheWindow(t *testing.T) {
	const phrase = "wxyzwvut"
	for distance, want := range map[int]int{255: 1, 256: 1, 257: 0} {
		m := newMatcher(8)
		found(&m, phrase+string(counting(distance-len(phrase))))
		if got := found(&m, phrase); len(got) != want {
			t.Errorf("at a distance of %d: %v, want %d", distance, got, want)
		}
	}
}

// counting returns n bytes in which no four are there twice.
func counting(n int) (b []byte) {
	for i := range n {
		b = append(b, byte(0x80|i>>(i%2*6)&0x3f|i%2*0x40))
	}
	return b
}

// The history slides as messages come: what is still in the window is found all the same.
func TestFindAfterSlide(t *testing.T) {
	m := newMatcher(12)
	for i := range 3 * 4096 / 32 {
		message := fmt.Sprintf("%d: abcdefghijklmnopqrstuvwxyz", 100+i)
		if got := found(&m, message); i > 0 && (len(got) == 0 || int(got[len(got)-1].length) < 28) {
			t.Fatalf("message %d: %v", i, got)
		}
	}
}

// What is forgotten is not found, whatever the table still says.
func TestFindAfterTruncate(t *testing.T) {
	m := newMatcher(12)
	found(&m, "abcdefgh")
	m.truncate(0)
	if got := found(&m, "abcdefgh"); len(got) > 0 {
		t.Errorf("after all is forgotten: %v", got)
	}
	found(&m, "stuvwxyz")
	m.truncate(8)
	if got := found(&m, "abcdefghstuvwxyz"); !slices.Equal(got, []sequence{{0, 8, 8}}) {
		t.Errorf("after the last is forgotten: %v", got)
	}
}
