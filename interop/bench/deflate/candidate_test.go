package main

import (
	"bytes"
	"io"
	"strings"
	"testing"

	klauspost "github.com/klauspost/compress/flate"

	"example.com/tandem/server/deflate"
)

// short are the messages that tests run on: the first of each feed.
func short() []traffic {
	all := traffics()
	for i, t := range all {
		all[i].messages = t.messages[:min(len(t.messages), 120, 1<<20/len(t.messages[0]))]
	}
	return all
}

// What a candidate makes inflates to the message, by a reader that knows no more of what was before than its window holds.
func TestCandidatesInflate(t *testing.T) {
	for _, c := range candidates() {
		for _, traffic := range short() {
			compress := c.new(c.takeover)
			r := klauspost.NewReader(nil)
			var before []byte
			for i, m := range traffic.messages {
				compressed := compress([]byte("-"), m)
				if err := inflates(r, compressed[1:], m, before); err != nil || compressed[0] != '-' {
					t.Fatalf("%s, takeover %v, %s, message %d: %v", c.name, c.takeover, traffic.name, i, err)
				}
				if c.takeover {
					before = append(before, m...)
					before = before[max(0, len(before)-c.window):]
				}
			}
		}
	}
}

// inflates returns an error if compressed is not message, with dict before it.
func inflates(r io.Reader, compressed, message, dict []byte) error {
	if !bytes.HasSuffix(compressed, []byte(deflate.Tail)) {
		return io.ErrNoProgress
	}
	err := r.(resetter).Reset(io.MultiReader(bytes.NewReader(compressed), strings.NewReader(final)), dict)
	if err != nil {
		return err
	}
	got, err := io.ReadAll(r)
	if err == nil && !bytes.Equal(got, message) {
		err = io.ErrUnexpectedEOF
	}
	return err
}

func TestInflationsInflate(t *testing.T) {
	for _, in := range inflations() {
		for _, traffic := range short() {
			compress, inflate := tandem(12)(in.takeover), in.new(in.takeover)
			for i, m := range traffic.messages {
				if got := inflate([]byte("-"), compress(nil, m)); string(got) != "-"+string(m) {
					t.Fatalf("%s, takeover %v, %s, message %d: %d bytes, want %d", in.name, in.takeover, traffic.name, i, len(got), len(m))
				}
			}
		}
	}
}

func TestRemember(t *testing.T) {
	long := strings.Repeat("x", dictLen)
	for _, c := range []struct{ dict, message, want string }{
		{"", "abc", "abc"},
		{"abc", "def", "abcdef"},
		{"abc", "", "abc"},
		{"a" + long[1:], "bc", long[2:] + "bc"},
		{"abc", long, long},
		{"abc", "d" + long, long},
	} {
		dict := append(make([]byte, 0, dictLen), c.dict...)
		if got := remember(dict, []byte(c.message)); string(got) != c.want || cap(got) != dictLen {
			t.Errorf("%.9q and %.9q: %.9q, %d bytes; want %.9q, %d", c.dict, c.message, got, len(got), c.want, len(c.want))
		}
	}
}
