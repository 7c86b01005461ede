package main

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/andybalholm/brotli"
)

// The lengths are what the reference program makes of the same bytes, brotli -q 11; how the stream ends is a matter of
// a byte.
func TestLengthIsThatOfTheReferenceBrotli(t *testing.T) {
	var numbers bytes.Buffer
	for i := range 20000 {
		fmt.Fprintln(&numbers, i+1)
	}
	for _, test := range []struct {
		name    string
		content []byte
		want    int
	}{
		{"zeros", make([]byte, 100_000), 14},
		{"numbers", numbers.Bytes(), 33720},
	} {
		got := length(test.content, func(w io.Writer) (io.WriteCloser, error) {
			return brotli.NewWriterLevel(w, brotli.BestCompression), nil
		})
		if got < test.want-1 || got > test.want+1 {
			t.Errorf("%s: %d bytes, want %d", test.name, got, test.want)
		}
	}
}
