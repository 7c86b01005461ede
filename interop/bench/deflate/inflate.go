package main

import (
	"bytes"
	"compress/flate"
	"io"
	"slices"

	klauspost "github.com/klauspost/compress/flate"
)

// An inflation is a way to inflate messages with one reader for all connections, which is reset for each message.
type inflation struct {
	name     string
	takeover bool // whether messages refer to those before: then the last 4 KiB of these are the reader's dictionary
	new      func(takeover bool) inflater
}

// An inflater appends what the compressed message holds to dst.
type inflater func(dst, compressed []byte) []byte

// inflations are all that are measured, on what "tandem 12 bits" makes.
func inflations() []inflation {
	var all []inflation
	for _, takeover := range []bool{true, false} {
		all = append(all,
			inflation{"compress/flate", takeover, func(takeover bool) inflater {
				return resetting(flate.NewReader(nil).(resetter), takeover)
			}},
			inflation{"klauspost", takeover, func(takeover bool) inflater {
				return resetting(klauspost.NewReader(nil).(resetter), takeover)
			}})
	}
	return all
}

// A resetter is what both packages' readers are.
type resetter interface {
	io.Reader
	Reset(r io.Reader, dict []byte) error
}

// final is an empty stored block with BFINAL set: behind a message it lets a reader come to an end.
const final = "\x01\x00\x00\xff\xff"

// resetting resets r for each message, with what was before it or nothing.
func resetting(r resetter, takeover bool) inflater {
	from, dict := new(bytes.Reader), make([]byte, 0, dictLen)
	var whole []byte
	return func(dst, compressed []byte) []byte {
		whole = append(append(whole[:0], compressed...), final...)
		from.Reset(whole)
		if err := r.Reset(from, dict); err != nil {
			panic(err) // no reader of these refuses
		}
		before := len(dst)
		for {
			dst = slices.Grow(dst, 512)
			n, err := r.Read(dst[len(dst):cap(dst)])
			dst = dst[:len(dst)+n]
			if err == io.EOF {
				break
			}
			if err != nil {
				panic(err) // what the candidates make is valid: the tests say so
			}
		}
		if takeover {
			dict = remember(dict, dst[before:])
		}
		return dst
	}
}
