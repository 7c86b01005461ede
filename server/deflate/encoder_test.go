package deflate

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// A peer inflates what an Encoder compresses, twice: with the inflater that judges, and with compress/flate, which gets
// no more of what was before than the window holds.
type peer struct {
	t testing.TB
	inflater
	standard io.Reader
}

func newPeer(t testing.TB, windowBits int) *peer {
	return &peer{t, inflater{window: 1 << windowBits}, flate.NewReader(nil)}
}

// wants fails the test if p is not want, compressed.
func (p *peer) wants(compressed, want []byte) {
	p.t.Helper()
	dict := p.history[max(0, len(p.history)-p.window):]
	const final = "\x01\x00\x00\xff\xff" // an empty stored block with BFINAL set
	p.standard.(flate.Resetter).Reset(io.MultiReader(bytes.NewReader(compressed), strings.NewReader(final)), dict)
	if got, err := io.ReadAll(p.standard); err != nil || !bytes.Equal(got, want) {
		p.t.Fatalf("compress/flate: %d bytes, %v; want %d", len(got), err, len(want))
	}
	if got, err := p.inflate(compressed); err != nil || !bytes.Equal(got, want) {
		p.t.Fatalf("inflater: %d bytes, %v; want %d", len(got), err, len(want))
	}
	if !bytes.HasSuffix(compressed, []byte(Tail)) {
		p.t.Fatalf("%x does not end with the Tail", compressed[max(0, len(compressed)-8):])
	}
	if bound := Bound(len(want)); len(compressed) > bound {
		p.t.Fatalf("%d bytes became %d, more than Bound, %d", len(want), len(compressed), bound)
	}
}

// tick returns messages that resemble each other as a market's do.
func tick(n int) []byte {
	return fmt.Appendf(nil, `{"type":"trade","symbol":"%s","seq":%d,"price":"%d.%02d","size":"%d","side":"buy","time":%d}`,
		[]string{"BTC-USD", "ETH-USD", "SOL-EUR"}[n%3], 7000+n, 64000+n*n%97, n*37%100, n*n*n%9973, int64(1767225600123)+int64(n*71))
}

func dense(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// many returns n bytes of ticks.
func many(n int) (b []byte) {
	for i := 0; len(b) < n; i++ {
		b = append(b, tick(i)...)
	}
	return b[:n]
}

// RFC 7692 §7.2.3.1: "Hello" in one block with fixed codes. §7.2.3.6: the empty message.
func TestRFC7692_Section7_2_3_Vectors(t *testing.T) {
	for _, c := range []struct{ message, stripped string }{
		{"Hello", "f248cdc9c90700"},
		{"", "00"},
	} {
		got := NewEncoder(15).Append(nil, []byte(c.message))
		if want := c.stripped + hex.EncodeToString([]byte(Tail)); hex.EncodeToString(got) != want {
			t.Errorf("%q: %x, want %s", c.message, got, want)
		}
	}
}

// RFC 7692 §7.2.3.2 shows f2 00 11 00 00 for the second "Hello": a literal and a match. One match is shorter.
func TestRFC7692_Section7_2_3_2_ContextTakeover(t *testing.T) {
	e, p := NewEncoder(15), newPeer(t, 15)
	p.wants(e.Append(nil, []byte("Hello")), []byte("Hello"))
	second := e.Append(nil, []byte("Hello"))
	p.wants(second, []byte("Hello"))
	if stripped := second[:len(second)-len(Tail)]; hex.EncodeToString(stripped) != "02130000" {
		t.Errorf("the second Hello is %x", stripped)
	}
}

func TestAppendLeavesWhatIsThere(t *testing.T) {
	got := NewEncoder(12).Append([]byte("header"), []byte("Hello"))
	if want := "header\xf2\x48\xcd\xc9\xc9\x07\x00" + Tail; string(got) != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWindowBitsAreBroughtWithinTheirBounds(t *testing.T) {
	for given, want := range map[int]int{-1: 8, 0: 8, 7: 8, 8: 8, 15: 15, 16: 15, 100: 15} {
		if got := NewEncoder(given).matcher.window; got != 1<<want {
			t.Errorf("NewEncoder(%d) has a window of %d bytes, want %d", given, got, 1<<want)
		}
	}
}

// Every window, kinds of data, lengths of messages: what comes out is valid, within the window, and the same.
func TestRoundTrip(t *testing.T) {
	kinds := map[string][]byte{
		"ticks": many(90_000),
		"dense": dense(90_000),
		"zeros": make([]byte, 90_000),
		"mixed": bytes.Join([][]byte{many(20_000), dense(40_000), many(30_000), make([]byte, 3000)}, nil),
		"text":  bytes.Repeat([]byte("Съешь же ещё этих мягких французских булок. "), 1500),
		"far":   bytes.Repeat(dense(5000), 8), // again after more than the smaller windows hold
		"few":   skewed(100_000),
	}
	for bits := MinWindowBits; bits <= MaxWindowBits; bits++ {
		for kind, data := range kinds {
			t.Run(fmt.Sprint(bits, kind), func(t *testing.T) {
				t.Parallel()
				for _, length := range []int{1, 3, 100, 700, 5000, 90_000} {
					e, p := NewEncoder(bits), newPeer(t, bits)
					for rest := data[:min(len(data), length*20)]; len(rest) > 0; {
						m := rest[:min(len(rest), length)]
						rest = rest[len(m):]
						p.wants(e.Append(nil, m), m)
					}
				}
			})
		}
	}
}

// skewed returns bytes whose frequencies are so unlike that the best codes of some are longer than 15 bits.
func skewed(n int) (b []byte) {
	r := rand.New(rand.NewPCG(3, 4))
	for range n {
		b = append(b, byte(min(r.ExpFloat64()*1.44*2, 40)))
	}
	return b
}

func TestUndo(t *testing.T) {
	for bits := MinWindowBits; bits <= MaxWindowBits; bits++ {
		for _, length := range []int{0, 1, 150, 4096, 5000, 70_000} {
			e, p := NewEncoder(bits), newPeer(t, bits)
			taken := many(length)
			for i := range 30 {
				p.wants(e.Append(nil, tick(i)), tick(i))
				e.Append(nil, taken)
				e.Undo()
				if i%2 == 0 {
					e.Undo() // does no more
				}
			}
		}
	}
}

// A message that is undone leaves those before it in the window.
func TestUndoKeepsWhatWasBefore(t *testing.T) {
	a, b := NewEncoder(12), NewEncoder(12)
	for i := range 5 {
		a.Append(nil, tick(i))
		b.Append(nil, tick(i))
	}
	b.Append(nil, []byte("some other message"))
	b.Undo()
	if with, without := b.Append(nil, tick(5)), a.Append(nil, tick(5)); len(with) > len(without)+2 {
		t.Errorf("%d bytes after Undo, %d without", len(with), len(without))
	}
}

// RFC 7692 §7.1.1.1: without context takeover each message is inflated by itself.
func TestRFC7692_Section7_1_1_1_Reset(t *testing.T) {
	for bits := MinWindowBits; bits <= MaxWindowBits; bits++ {
		e := NewEncoder(bits)
		for i := range 300 {
			p := newPeer(t, bits)
			m := tick(i)
			p.wants(e.Append(nil, m), m)
			e.Reset()
			if i%7 == 0 {
				e.Undo() // of nothing
			}
		}
	}
}

// What is dense grows by the headers of stored blocks and no more. RFC 1951 §3.2.4.
func TestRFC1951_Section3_2_4_DenseData(t *testing.T) {
	for _, n := range []int{1, 10, 100, 1000, 1023, 1024, 65535, 65536, 200_000, 1 << 20} {
		for bits := MinWindowBits; bits <= MaxWindowBits; bits++ {
			got := len(NewEncoder(bits).Append(nil, dense(n)))
			if want := n + 5*((n+65534)/65535) + 5; got > want {
				t.Errorf("window bits %d: %d bytes became %d, want %d at most", bits, n, got, want)
			}
		}
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	for name, m := range map[string][]byte{"tick": tick(1), "document": many(100_000), "dense": dense(70_000)} {
		e, dst := NewEncoder(12), make([]byte, 0, Bound(len(m)))
		allocs := testing.AllocsPerRun(100, func() {
			e.Append(dst, m)
			e.Undo()
			e.Append(dst, m)
			e.Reset()
		})
		if allocs != 0 && !poolsForget() {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}

// poolsForget reports whether sync.Pool drops things at random, as it does under the race detector.
func poolsForget() bool {
	var pool sync.Pool
	for range 1000 {
		pool.Put(&pool)
		if pool.Get() == nil {
			return true
		}
	}
	return false
}

// Messages that resemble each other have to become less than a third.
func TestRatioOfResemblingMessages(t *testing.T) {
	e, in, out := NewEncoder(12), 0, 0
	for i := range 200 {
		in += len(tick(i))
		out += len(e.Append(nil, tick(i))) - len(Tail)
	}
	if ratio := float64(in) / float64(out); ratio < 3 {
		t.Errorf("the ratio is %.2f", ratio)
	}
}

// The documentation says how many bytes an Encoder holds: it is true of what the heap gives, size classes included.
func TestStateOfAnEncoder(t *testing.T) {
	for bits, want := range map[int]int{8: 1200, 9: 1900, 10: 3600, 11: 7000, 12: 13_700, 13: 26_800, 14: 37_100, 15: 57_500} {
		const n = 64
		encoders := make([]*Encoder, n)
		before := heap()
		for i := range encoders {
			encoders[i] = NewEncoder(bits)
		}
		held := (heap() - before) / n
		runtime.KeepAlive(encoders)
		if held > want || held < want*8/10 {
			t.Errorf("window bits %d: an Encoder holds %d bytes, want %d or a little less", bits, held, want)
		}
	}
}

func heap() int {
	runtime.GC()
	runtime.GC() // a pool is empty after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
