package main

import (
	"testing"

	klauspost "github.com/klauspost/compress/flate"

	"example.com/tandem/server/deflate"
)

// FuzzSecondInflater cuts any bytes into messages, some of which are undone: klauspost/compress inflates the others, with
// no more before them than the window holds.
func FuzzSecondInflater(f *testing.F) {
	f.Add(uint8(4), uint8(20), []byte("HelloHelloHelloHelloHelloHello"))
	f.Add(uint8(0), uint8(200), []byte(`{"price":1.23}{"price":1.24}{"price":1.25}`))
	f.Add(uint8(7), uint8(3), traffics()[3].messages[0][:300])
	f.Fuzz(func(t *testing.T, bits, length uint8, data []byte) {
		bits = deflate.MinWindowBits + bits%8
		e, r := deflate.NewEncoder(int(bits)), klauspost.NewReader(nil)
		var before []byte
		for n := 0; len(data) > 0 && n < 50; n++ {
			m := data[:min(len(data), 1+int(length))]
			data = data[len(m):]
			for range m[0] & 3 {
				m = append(m[:len(m):len(m)], m...)
			}
			compressed := e.Append(nil, m)
			if m[0]&0x3c == 0x0c {
				e.Undo()
				continue
			}
			if err := inflates(r, compressed, m, before); err != nil {
				t.Fatalf("window bits %d, message %d of %d bytes: %v", bits, n, len(m), err)
			}
			before = append(before, m...)
			before = before[max(0, len(before)-1<<bits):]
		}
	})
}
