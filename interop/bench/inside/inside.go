// Package inside measures what of the library needs no other process: masking, UTF-8 validation and allocations.
package inside

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"example.com/tandem/interop/bench/echo/tandem"
	"example.com/tandem/interop/bench/serve"
	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// A Comparison is a piece of the library's work beside the plainest thing that does as much. Ratio is the library's speed
// divided by the other's.
type Comparison struct {
	Work, Beside string
	Ratio        float64
}

// An Allocation is how often a message allocates, there and back, both ends counted.
type Allocation struct {
	Form  string // and the size of the message
	Count float64
}

// Figures are what Measure finds.
type Figures struct {
	Masking, UTF8 []Comparison
	Allocations   []Allocation
}

// Measure takes about two seconds.
func Measure() (in Figures, err error) {
	for _, size := range []struct {
		name  string
		bytes int
	}{{"1 KiB", 1 << 10}, {"64 KiB", 64 << 10}, {"1 MiB", 1 << 20}} {
		from, to := make([]byte, size.bytes), make([]byte, size.bytes)
		in.Masking = append(in.Masking, Comparison{size.name, "copy", speed(
			func() { shared.Mask(to, [4]byte{0x37, 0xfa, 0x21, 0x3d}, 0) },
			func() { copy(to, from) })})
	}
	sentence := "Все счастливые семьи похожи друг на друга. "
	for _, text := range []struct{ name, text string }{
		{"ASCII", strings.Repeat("a", 64<<10)},
		{"Cyrillic", strings.Repeat(sentence, 64<<10/len(sentence))},
	} {
		b := []byte(text.text)
		for _, piece := range []int{len(b), 1001, 125} { // odd: cuts inside letters
			name, beside := text.name+", whole", "utf8.Valid"
			if piece < len(b) {
				name, beside = fmt.Sprintf("%s, in fragments of %d B", text.name, piece), "utf8.Valid of fragments as long, cut between letters"
			}
			in.UTF8 = append(in.UTF8, Comparison{name, beside, speed(
				func() { validate(b, piece) },
				func() { validateWhole(b, piece) })})
		}
	}
	for _, form := range []struct {
		name     string
		handlers serve.Handlers
		size     int
	}{
		{"tandem, 16 B", tandem.Blocking(), 16},
		{"tandem, 64 KiB", tandem.Blocking(), 64 << 10},
		{"tandem-handler, 16 B", tandem.Handed(), 16},
		{"tandem-handler, 64 KiB", tandem.Handed(), 64 << 10},
	} {
		count, err := allocations(form.handlers, form.size)
		if err != nil {
			return in, err
		}
		in.Allocations = append(in.Allocations, Allocation{form.name, count})
	}
	return in, nil
}

func validate(b []byte, piece int) bool {
	var v shared.UTF8
	for len(b) > 0 {
		n := min(piece, len(b))
		if !v.Write(b[:n]) {
			return false
		}
		b = b[n:]
	}
	return v.Complete()
}

// validateWhole does for each piece what utf8.Valid can: it knows nothing of letters in two pieces.
func validateWhole(b []byte, piece int) bool {
	for len(b) > 0 {
		n := min(piece, len(b))
		for n < len(b) && !utf8.RuneStart(b[n]) {
			n++
		}
		if !utf8.Valid(b[:n]) {
			return false
		}
		b = b[n:]
	}
	return true
}

// speed returns the median of how many times as fast fn is as beside. They take turns.
func speed(fn, beside func()) float64 {
	times := 1
	for elapsed(fn, times) < 2*time.Millisecond {
		times *= 2
	}
	var ratios []float64
	for range 15 {
		ratios = append(ratios, float64(elapsed(beside, times))/float64(elapsed(fn, times)))
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

func elapsed(fn func(), times int) time.Duration {
	begin := time.Now()
	for range times {
		fn()
	}
	return time.Since(begin)
}

// allocations counts what an echo over TCP allocates, with one context for all messages and a buffer that is used again.
func allocations(h serve.Handlers, size int) (float64, error) {
	ts := httptest.NewServer(h.Mux())
	defer ts.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := server.Dial(ctx, "ws"+strings.TrimPrefix(ts.URL, "http")+"/", nil)
	if err != nil {
		return 0, err
	}
	defer c.CloseNow()
	m, into := shared.Binary(bytes.Repeat([]byte{1}, size)), make([]byte, 0, size)
	echo := func() {
		if err == nil {
			err = c.Send(ctx, m)
		}
		if err == nil {
			_, _, err = c.ReceiveAppend(ctx, into)
		}
	}
	for range 10 {
		echo()
	}
	count := testing.AllocsPerRun(500, echo)
	return count, err
}
