package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

// A weight is what the process holds.
type weight struct {
	goroutines, descriptors int
	heap                    uint64 // bytes in use
}

func (w weight) String() string {
	return fmt.Sprintf("%d goroutines, %d descriptors, %.1f MiB of heap", w.goroutines, w.descriptors, float64(w.heap)/(1<<20))
}

// weigh looks as things are; the heap has garbage in it.
func weigh() weight {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return weight{runtime.NumGoroutine(), descriptors(), m.HeapAlloc}
}

// descriptors counts the open ones, where the system tells; elsewhere it is 0.
func descriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

// rest weighs what is left when everything is over. It waits until that is within a bound, and no longer than patience.
func rest(within weight, patience time.Duration) (w weight) {
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		for range 3 { // what is pooled goes in the second
			runtime.GC()
		}
		w = weigh()
		if w.isWithin(within) || time.Now().After(end) {
			return w
		}
	}
}

func (w weight) isWithin(bound weight) bool {
	return w.goroutines <= bound.goroutines && w.descriptors <= bound.descriptors && w.heap <= bound.heap
}

func (w *weight) raiseTo(other weight) {
	w.goroutines = max(w.goroutines, other.goroutines)
	w.descriptors = max(w.descriptors, other.descriptors)
	w.heap = max(w.heap, other.heap)
}
