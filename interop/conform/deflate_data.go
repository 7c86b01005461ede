package conform

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
)

// deflateData: compressed messages of many sizes, kinds and parameters (RFC 7692 §7.2).
func deflateData(full bool) (cases []Case) {
	for _, kind := range corpora {
		for _, s := range sizes {
			cases = append(cases, compressed("deflate.data."+kind.name, kind, s, "", full))
		}
	}
	for _, set := range []struct{ name, list string }{
		{"notakeover", "; server_no_context_takeover; client_no_context_takeover"},
		{"servernotakeover", "; server_no_context_takeover"},
		{"clientnotakeover", "; client_no_context_takeover"},
		{"bits8", "; server_max_window_bits=8; client_max_window_bits=8"},
		{"bits9", "; server_max_window_bits=9; client_max_window_bits=9"},
		{"bits12", "; server_max_window_bits=12; client_max_window_bits=12"},
		{"bits15", "; server_max_window_bits=15; client_max_window_bits=15"},
		{"server9", "; server_max_window_bits=9"},
		{"notakeover.bits9", "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9"},
		{"notakeover.bits15", "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=15; client_max_window_bits=15"},
	} {
		for _, s := range sizes {
			cases = append(cases, compressed("deflate.params."+set.name, corpora[0], s, set.list, full))
		}
	}
	return cases
}

// A size is how long messages are, and their fragments on the wire; 0: whole.
type size struct{ message, fragment int }

var sizes = []size{{16, 0}, {64, 0}, {256, 0}, {1 << 10, 0}, {4 << 10, 0}, {8 << 10, 0}, {16 << 10, 0}, {32 << 10, 0}, {64 << 10, 0}, {128 << 10, 0},
	{8 << 10, 256}, {16 << 10, 256}, {32 << 10, 256}, {64 << 10, 256}, {128 << 10, 256}, {128 << 10, 1 << 10}, {128 << 10, 4 << 10}, {128 << 10, 32 << 10}}

// compressed is a case with many messages of one size, each after the echo of the one before.
func compressed(id string, kind corpus, s size, list string, full bool) Case {
	count, limit := 1000, 10*longLimit
	if !full {
		limit = 2 * longLimit
		count = min(max((256<<10)/s.message, 4), 100)
	}
	id, sends := fmt.Sprintf("%s.%d", id, s.message), fmt.Sprintf("%d compressed messages of %d bytes of %s", count, s.message, kind.words)
	if s.fragment > 0 {
		id, sends = fmt.Sprintf("%s.by.%d", id, s.fragment), fmt.Sprintf("%s in fragments of %d", sends, s.fragment)
	}
	if list != "" {
		sends += ", agreed on: " + list[2:]
	}
	return Case{
		ID: id, Section: "RFC 7692 §7.2", deflate: &negotiation{offer: extensionName + list, answer: extensionName + list}, limit: limit,
		Sends: sends, Allows: "the echoes, compressed as was agreed on, or not compressed",
		run: func(p *Peer) {
			data := kind.data(max(256<<10, 2*s.message))
			for i := range count {
				from := i * s.message % (len(data) - s.message + 1)
				payload := bytes.ToValidUTF8(data[from:from+s.message], nil)
				if kind.op == opBinary {
					payload = data[from : from+s.message]
				}
				n := len(payload) + 64
				if s.fragment > 0 {
					n = s.fragment
				}
				p.sendCompressed(kind.op, payload, n)
				p.wants(kind.op, payload)
			}
			p.close()
		},
	}
}

// A corpus is a kind of data.
type corpus struct {
	name, words string
	op          byte
	data        func(n int) []byte
}

var corpora = []corpus{
	{"json", "JSON", opText, func(n int) []byte {
		var b []byte
		for i := 0; len(b) < n; i++ {
			b = fmt.Appendf(b, `{"sequence":%d,"instrument":"XQ-%03d","bid":%d.%02d,"ask":%d.%02d,"venue":"%c","flags":["firm",%t]},`,
				i, i*7%300, 90+i%20, i*13%100, 91+i%20, i*17%100, 'A'+i%6, i%3 == 0)
		}
		return b[:n]
	}},
	{"text", "text", opText, sampleText},
	{"binary", "binary data with patterns", opBinary, func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(i*i>>7) ^ byte(i>>9)
		}
		return b
	}},
	{"dense", "data that does not compress", opBinary, func(n int) []byte { return sample(opBinary, n) }},
	{"base64", "data that compresses little", opText, func(n int) []byte {
		return []byte(base64.StdEncoding.EncodeToString(sample(opBinary, n)))[:n]
	}},
	{"zeros", "zeros", opBinary, func(n int) []byte { return make([]byte, n) }},
	{"digits", "numbers", opText, func(n int) []byte {
		var b []byte
		for i := 0; len(b) < n; i++ {
			b = strconv.AppendInt(b, int64(i*i), 10)
		}
		return b[:n]
	}},
}
