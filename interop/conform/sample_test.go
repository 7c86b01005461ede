package conform

import (
	"bytes"
	"testing"
	"unicode/utf8"
)

func TestSample(t *testing.T) {
	for n := range 2000 {
		if b := sample(opText, n); len(b) != n || !utf8.Valid(b) {
			t.Fatalf("text of %d bytes: %q", n, b)
		}
		if b := sample(opBinary, n); len(b) != n || n > 64 && utf8.Valid(b) {
			t.Fatalf("binary of %d bytes: %x", n, b)
		}
	}
	for _, kind := range corpora {
		for _, n := range []int{1, 16, 1000, 4096} {
			if b := kind.data(n); len(b) != n {
				t.Errorf("%s: %d bytes in place of %d", kind.name, len(b), n)
			}
		}
	}
	for _, s := range validSequences() {
		if !utf8.ValidString(s.bytes) {
			t.Errorf("%s is not valid", s.name)
		}
	}
	for _, s := range invalidSequences() {
		if utf8.ValidString(s.bytes) {
			t.Errorf("%s is valid", s.name)
		}
		// What comes before the byte at which it shows can be completed, and with that byte it cannot.
		if s.at > 0 && (completable(s.bytes[:s.at]) || !completable(s.bytes[:s.at-1])) {
			t.Errorf("%s does not show at byte %d", s.name, s.at)
		}
		if s.at == 0 && !completable(s.bytes) {
			t.Errorf("%s shows before its end", s.name)
		}
	}
}

// completable reports whether some bytes make s valid UTF-8, by trying them.
func completable(s string) bool {
	for _, end := range []string{"", "\x80", "\x80\x80", "\x80\x80\x80", "\xA0", "\xA0\x80", "\x90\x80\x80", "\xBF\x80"} {
		if utf8.ValidString(s + end) {
			return true
		}
	}
	return false
}

func TestSplit(t *testing.T) {
	payload := sampleText(1000)
	for _, n := range []int{1, 3, 999, 1000, 1001} {
		frames := split(opText, payload, n)
		var whole []byte
		for i, f := range frames {
			whole = append(whole, f.payload...)
			if f.more == (i == len(frames)-1) || (f.op == opText) != (i == 0) {
				t.Errorf("fragment %d of %d: %+v", i, len(frames), f)
			}
		}
		if !bytes.Equal(whole, payload) || len(frames) != (1000+n-1)/n {
			t.Errorf("%d fragments of %d", len(frames), n)
		}
	}
}
