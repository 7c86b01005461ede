package gojs

import (
	"math"
	"testing"
)

func TestReferencesAreTakenBackAndUsedAgain(t *testing.T) {
	r := newRefs(&Object{}, &Object{})
	first := r.store("text")
	if again := r.store("text"); again != first {
		t.Errorf("the same string has the references %x and %x", first, again)
	}
	r.release(first)
	if r.load(first) != "text" {
		t.Error("a value that is still held once is gone")
	}
	r.release(first)
	if all, _ := r.live(); all != 0 {
		t.Errorf("%d values are held", all)
	}
	if other := r.store("other"); uint32(other) != uint32(first) || r.load(other) != "other" {
		t.Errorf("place %d was not used again: %d", uint32(first), uint32(other))
	}
}

func TestReferencesOfPlainValues(t *testing.T) {
	r := newRefs(&Object{}, &Object{})
	for _, v := range []Value{nil, Null, true, false, 0.0, 1.5, -1.0, math.Inf(-1)} {
		if got := r.load(r.store(v)); got != v {
			t.Errorf("%v came back as %v", v, got)
		}
	}
	if f, ok := r.load(r.store(math.NaN())).(float64); !ok || !math.IsNaN(f) {
		t.Errorf("NaN came back as %v", f)
	}
	if all, _ := r.live(); all != 0 {
		t.Errorf("%d values are held", all)
	}
}
