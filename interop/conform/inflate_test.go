package conform

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestInflater holds the inflater against compress/flate on what compressors of all kinds make.
func TestInflater(t *testing.T) {
	for _, kind := range corpora {
		for _, window := range []int{1 << 8, 1 << 9, 1 << 12, maxWindow} {
			for _, takeover := range []bool{true, false} {
				d := &deflater{direction: direction{takeover: takeover, window: window}}
				in := &inflater{window: window, takeover: takeover}
				data := kind.data(200_000)
				for i, n := range []int{0, 1, 100, 5000, 70_000, 5000} {
					got, err := in.message(d.message(data[i : i+n]))
					if err != nil || !bytes.Equal(got, data[i:i+n]) {
						t.Fatalf("%s, window %d, takeover %t, %d bytes: %v", kind.name, window, takeover, n, err)
					}
				}
				if in.reach > window {
					t.Errorf("%s: a reference of %d bytes in a window of %d", kind.name, in.reach, window)
				}
				if takeover && kind.name == "json" && !in.behind {
					t.Errorf("%s: no reference into the message before", kind.name)
				}
			}
		}
	}
}

func TestSection7_2_3_Inflater(t *testing.T) {
	for _, test := range []struct{ name, message, want string }{
		{"fixed codes", "\xF2\x48\xCD\xC9\xC9\x07\x00", "Hello"},
		{"stored", "\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00", "Hello"},
		{"BFINAL", "\xF3\x48\xCD\xC9\xC9\x07\x00\x00", "Hello"},
		{"two blocks", "\xF2\x48\x05\x00\x00\x00\xFF\xFF\xCA\xC9\xC9\x07\x00", "Hello"},
		{"empty", "\x00", ""},
		{"behind BFINAL", "\xF3\x48\x05\x00\xCA\xC9\xC9\x07\x00", "Hello"},
		{"BFINAL twice", "\xF3\x48\x05\x00\xCB\xC9\xC9\x07\x00\x00", "Hello"},
	} {
		if got, err := (&inflater{window: maxWindow}).message([]byte(test.message)); err != nil || string(got) != test.want {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
	}
}

// TestInflaterBreaches has a compressor with a wide window write for a narrow one.
func TestInflaterBreaches(t *testing.T) {
	wide := &deflater{direction: direction{takeover: true, window: maxWindow}}
	message := wide.message(repeating(40_000))
	again := wide.message(repeating(40_000))
	for _, test := range []struct {
		name     string
		in       inflater
		messages [][]byte
		rule     string
	}{
		{"in the window", inflater{window: maxWindow, takeover: true}, [][]byte{message, again}, ""},
		{"out of the window", inflater{window: 16 << 10, takeover: true}, [][]byte{message}, "agreed to a window of 16384"},
		{"no takeover", inflater{window: maxWindow}, [][]byte{message, again}, "agreed to keep no context"},
		{"no DEFLATE", inflater{window: maxWindow, takeover: true}, [][]byte{[]byte("\x07\x00")}, "block of type 3"},
		{"cut", inflater{window: maxWindow, takeover: true}, [][]byte{message[:len(message)/2]}, "not DEFLATE"},
		{"reference", inflater{window: maxWindow, takeover: true}, [][]byte{reference(256)}, "behind the beginning"},
	} {
		var err error
		for _, m := range test.messages {
			if err == nil {
				_, err = test.in.message(m)
			}
		}
		var b *breach
		if test.rule == "" && err != nil || test.rule != "" && (!errors.As(err, &b) || !strings.Contains(b.rule, test.rule)) {
			t.Errorf("%s: %v, want %q", test.name, err, test.rule)
		}
	}
}

// TestNotDeflate sees to it that what the cases call invalid is invalid for compress/flate too.
func TestNotDeflate(t *testing.T) {
	for _, c := range notDeflate() {
		_, what, ok := strings.Cut(c.Sends, ": ")
		if !ok || !strings.HasPrefix(c.ID, "deflate.invalid.") {
			continue
		}
		var payload []byte
		for i := 0; i < len(what); i += 2 {
			payload = append(payload, unhex(what[i])<<4|unhex(what[i+1]))
		}
		in := flate.NewReader(bytes.NewReader(append(payload, 0, 0, 0xFF, 0xFF, 1, 0, 0, 0xFF, 0xFF)))
		if _, err := io.ReadAll(in); err == nil {
			t.Errorf("%s is valid for compress/flate", c.ID)
		}
		if _, err := (&inflater{window: maxWindow}).message(payload); err == nil {
			t.Errorf("%s is valid for the inflater", c.ID)
		}
	}
}

func unhex(c byte) byte { return byte(strings.IndexByte("0123456789abcdef", c)) }

// FuzzInflater holds the inflater against compress/flate, which knows no windows but the widest.
func FuzzInflater(f *testing.F) {
	f.Add([]byte("\xF2\x48\xCD\xC9\xC9\x07\x00"))
	f.Add([]byte("\x00\x05\x00\xFA\xFF\x48\x65\x6C\x6C\x6F\x00"))
	f.Add((&deflater{direction: direction{window: maxWindow}}).message(sampleText(1000)))
	f.Fuzz(func(t *testing.T, message []byte) {
		got, err := (&inflater{window: maxWindow, takeover: true}).message(message)
		oracle := flate.NewReader(bytes.NewReader(append(message[:len(message):len(message)], 0, 0, 0xFF, 0xFF)))
		want, oracleErr := io.ReadAll(oracle)
		if err == nil && oracleErr == io.ErrUnexpectedEOF && !bytes.Equal(got, want) {
			t.Errorf("%x: %x, and compress/flate gives %x", message, got, want)
		}
		if corrupt := flate.CorruptInputError(0); err == nil && errors.As(oracleErr, &corrupt) {
			t.Errorf("%x is fine, and compress/flate says %v", message, oracleErr)
		}
		if err == nil && oracleErr == nil && !bytes.HasPrefix(got, want) { // it stops at a block with BFINAL
			t.Errorf("%x: %x, and compress/flate gives %x", message, got, want)
		}
	})
}
