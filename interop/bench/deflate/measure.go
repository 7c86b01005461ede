package main

import (
	"runtime"
	"slices"
	"time"

	"example.com/tandem/interop/bench/feed"
)

// A traffic is the messages that the candidates are measured on, and what they are called.
type traffic struct {
	name     string
	messages [][]byte
}

func traffics() []traffic {
	return []traffic{
		{"A ticker: JSON of some 180 bytes", feed.Ticker(2000)},
		{"Chat: text of 60 to 400 bytes", feed.Chat(2000)},
		{"Documents: JSON of 64 KiB", feed.Documents(16)},
		{"Dense: 64 KiB of random bytes", feed.Dense(16)},
	}
}

// A figure is what was measured of one candidate on one traffic.
type figure struct {
	ratio       float64         // bytes in for each byte out, without the four that RFC 7692 §7.2.1 takes off
	times       []time.Duration // for each message, one for each round
	allocations float64         // for each message, when warm
}

func (f figure) time() time.Duration { return median(f.times) }

func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

// ratio returns how much shorter a candidate makes the messages.
func ratio(c candidate, messages [][]byte) float64 {
	compress := c.new(c.takeover)
	in, out := 0, 0
	var dst []byte
	for _, m := range messages {
		dst = compress(dst[:0], m)
		in += len(m)
		out += len(dst) - 4
	}
	return float64(in) / float64(out)
}

// measure runs each candidate on the messages.
func measure(all []candidate, messages [][]byte, rounds int, length time.Duration) []figure {
	figures := make([]figure, len(all))
	for i, c := range all {
		figures[i].ratio = ratio(c, messages)
	}
	inTurn(figures, len(messages), rounds, length, func(i int) func() {
		compress, dst := all[i].new(all[i].takeover), make([]byte, 0, 128<<10)
		return func() {
			for _, m := range messages {
				dst = compress(dst[:0], m)
			}
		}
	})
	return figures
}

// measureInflations runs each inflation on what this project's encoder makes of the messages.
func measureInflations(all []inflation, messages [][]byte, rounds int, length time.Duration) []figure {
	figures := make([]figure, len(all))
	compressed := make(map[bool][][]byte) // by takeover
	for _, takeover := range []bool{true, false} {
		compress := tandem(12)(takeover)
		for _, m := range messages {
			compressed[takeover] = append(compressed[takeover], compress(nil, m))
		}
	}
	inTurn(figures, len(messages), rounds, length, func(i int) func() {
		dst := make([]byte, 0, 128<<10)
		return func() {
			inflate := all[i].new(all[i].takeover) // the first message has nothing before it
			for _, m := range compressed[all[i].takeover] {
				dst = inflate(dst[:0], m)
			}
		}
	})
	return figures
}

// inTurn takes the times and the allocations of each figure in every round, in turn: each round begins with another. What
// prepare returns for a figure, anew in each round, deals with n messages when it is called, and may be called again.
func inTurn(figures []figure, n, rounds int, length time.Duration, prepare func(i int) func()) {
	for round := range rounds {
		for i := range figures {
			i = (i + round) % len(figures)
			once := prepare(i)
			once() // to be warm
			d, allocations := timed(once, n, length)
			figures[i].times = append(figures[i].times, d)
			figures[i].allocations = allocations
		}
	}
}

// timed calls f, which deals with n messages, until length has passed, and returns the processor time and the
// allocations for each message.
func timed(f func(), n int, length time.Duration) (time.Duration, float64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	calls, began := 0, cpuTime()
	for passed := time.Duration(0); passed < length; passed = cpuTime() - began {
		f()
		calls++
	}
	passed := cpuTime() - began
	runtime.ReadMemStats(&after)
	return passed / time.Duration(calls*n), float64(after.Mallocs-before.Mallocs) / float64(calls*n)
}

// state returns how many bytes of the heap each of 64 compressors holds that have seen some messages.
func state(c candidate) int {
	const compressors = 64
	messages := feed.Ticker(50)
	kept := make([]compressor, compressors)
	var dst []byte
	before := heap()
	for i := range kept {
		kept[i] = c.new(c.takeover)
		for _, m := range messages {
			dst = kept[i](dst[:0], m)
		}
		kept[i](nil, nil) // the last output is no part of it
	}
	held := heap() - before
	runtime.KeepAlive(kept)
	runtime.KeepAlive(dst)
	return max(0, held) / compressors
}

// heap returns how many bytes of the heap are in use; what pools hold is not.
func heap() int {
	runtime.GC()
	runtime.GC() // a pool is empty after the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}
