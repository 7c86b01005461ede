package feed

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

var feeds = map[string]struct {
	make     func(n int) [][]byte
	min, max int // the length of each message
	average  [2]int
	isJSON   bool
	sum      string // of the first 20 messages: the figures of one machine are those of another
}{
	"ticker":    {Ticker, 165, 215, [2]int{180, 200}, true, "89a983f58e5702f3"},
	"chat":      {Chat, 60, 440, [2]int{150, 200}, false, "224e19013935854e"},
	"documents": {Documents, 64 << 10, 65 << 10, [2]int{64 << 10, 65 << 10}, true, "db0a1ef794149068"},
	"dense":     {Dense, 64 << 10, 64 << 10, [2]int{64 << 10, 64 << 10}, false, "9425daf038468d02"},
}

func TestFeedsAreTheSameEverywhere(t *testing.T) {
	for name, f := range feeds {
		h := sha256.New()
		for _, m := range f.make(20) {
			h.Write(m)
		}
		if got := hex.EncodeToString(h.Sum(nil)[:8]); got != f.sum {
			t.Errorf("%s: %s, want %s", name, got, f.sum)
		}
	}
}

func TestFeedsAreOfTheStatedSize(t *testing.T) {
	for name, f := range feeds {
		n, total := 300, 0
		if f.max > 10_000 {
			n = 5
		}
		messages := f.make(n)
		if len(messages) != n {
			t.Fatalf("%s: %d messages, want %d", name, len(messages), n)
		}
		for _, m := range messages {
			total += len(m)
			if len(m) < f.min || len(m) > f.max {
				t.Errorf("%s: a message of %d bytes", name, len(m))
			}
			if f.isJSON && !json.Valid(m) {
				t.Errorf("%s: not JSON: %.200s", name, m)
			}
			if name != "dense" && !utf8.Valid(m) {
				t.Errorf("%s: not UTF-8: %.200s", name, m)
			}
		}
		if average := total / n; average < f.average[0] || average > f.average[1] {
			t.Errorf("%s: %d bytes on average, want %d", name, average, f.average)
		}
	}
}
