package main

import (
	"compress/flate"
	"fmt"
	"io"

	klauspost "github.com/klauspost/compress/flate"

	"example.com/tandem/server/deflate"
)

// A candidate is a way to compress the messages of one connection.
type candidate struct {
	name     string
	takeover bool // whether a message may refer to those before it
	window   int  // how far back it may refer, in bytes
	new      func(takeover bool) compressor
}

// A compressor appends a message in compressed form, ended by a sync flush, to dst. RFC 7692 §7.2.1.
type compressor func(dst, message []byte) []byte

// yardstick is what the others are compared with.
const yardstick = "klauspost 1"

// candidates are all that are measured, those that take context over first.
func candidates() []candidate {
	var all []candidate
	for _, takeover := range []bool{true, false} {
		for _, bits := range []int{9, 12, 15} {
			if takeover || bits > 9 {
				all = append(all, candidate{fmt.Sprintf("tandem %d bits", bits), takeover, 1 << bits, tandem(bits)})
			}
		}
		for _, level := range []int{1, 6} {
			all = append(all,
				candidate{fmt.Sprintf("compress/flate %d", level), takeover, 32 << 10, standard(level)},
				candidate{fmt.Sprintf("klauspost %d", level), takeover, 32 << 10, ofKlauspost(level)})
		}
		if takeover {
			all = append(all, candidate{"klauspost stateless, 4 KiB", takeover, dictLen, stateless})
		}
	}
	return all
}

func tandem(bits int) func(bool) compressor {
	return func(takeover bool) compressor {
		e := deflate.NewEncoder(bits)
		return func(dst, message []byte) []byte {
			if !takeover {
				e.Reset()
			}
			return e.Append(dst, message)
		}
	}
}

// A resettable is what both packages named flate have.
type resettable interface {
	io.Writer
	Flush() error
	Reset(io.Writer)
}

func standard(level int) func(bool) compressor {
	return func(takeover bool) compressor {
		to := new(sink)
		w, err := flate.NewWriter(to, level)
		if err != nil {
			panic(err) // no such level
		}
		return flushing(w, to, takeover)
	}
}

func ofKlauspost(level int) func(bool) compressor {
	return func(takeover bool) compressor {
		to := new(sink)
		w, err := klauspost.NewWriter(to, level)
		if err != nil {
			panic(err) // no such level
		}
		return flushing(w, to, takeover)
	}
}

func flushing(w resettable, to *sink, takeover bool) compressor {
	return func(dst, message []byte) []byte {
		if !takeover {
			w.Reset(to)
		}
		to.b = dst
		w.Write(message) // a sink takes everything
		w.Flush()
		return to.b
	}
}

// A sink appends what is written to it.
type sink struct{ b []byte }

func (s *sink) Write(p []byte) (int, error) {
	s.b = append(s.b, p...)
	return len(p), nil
}

// dictLen is how much of what was before a dictionary holds, in bytes.
const dictLen = 4096

// stateless keeps no encoder but the last 4 KiB of what was sent, as a dictionary for the next message.
func stateless(bool) compressor {
	to, dict := new(sink), make([]byte, 0, dictLen)
	return func(dst, message []byte) []byte {
		to.b = dst
		klauspost.StatelessDeflate(to, message, false, dict) // a sink takes everything
		dict = remember(dict, message)
		return to.b
	}
}

// remember returns dict with the message behind it, cut to the last dictLen bytes, in the same memory.
func remember(dict, message []byte) []byte {
	message = message[max(0, len(message)-dictLen):]
	keep := min(len(dict), dictLen-len(message))
	copy(dict, dict[len(dict)-keep:])
	return append(dict[:keep], message...)
}
