package gojs

import "math"

// refs is the table of the JavaScript values that the program holds. A number other than 0 stands for itself; every other value
// is a NaN with the value's place in the table in its lower half and a kind in its upper.
type refs struct {
	values []Value
	counts []int
	places map[Value]uint32
	free   []uint32
}

const (
	nanHead      = 0x7FF80000
	kindObject   = 1
	kindString   = 2
	kindFunction = 4
)

func newRefs(global, program *Object) *refs {
	r := &refs{
		values: []Value{math.NaN(), 0.0, Null, true, false, global, program}, // places fixed in syscall/js
		places: make(map[Value]uint32),
	}
	r.counts = make([]int, len(r.values))
	for i, v := range r.values[1:] {
		r.places[v] = uint32(i + 1)
	}
	return r
}

const fixedRefs = 7

func (r *refs) load(ref uint64) Value {
	f := math.Float64frombits(ref)
	switch {
	case f == 0:
		return nil
	case !math.IsNaN(f):
		return f
	}
	return r.values[uint32(ref)]
}

// store returns the reference for v, and counts it as held once more.
func (r *refs) store(v Value) uint64 {
	switch v := v.(type) {
	case nil:
		return 0
	case float64:
		if math.IsNaN(v) {
			return nanHead << 32
		}
		if v != 0 {
			return math.Float64bits(v)
		}
	}
	place, ok := r.places[v]
	if !ok {
		place = r.take()
		r.values[place] = v
		r.places[v] = place
	}
	r.counts[place]++
	return uint64(nanHead|kind(v))<<32 | uint64(place)
}

func (r *refs) take() uint32 {
	if last := len(r.free) - 1; last >= 0 {
		place := r.free[last]
		r.free = r.free[:last]
		return place
	}
	r.values = append(r.values, nil)
	r.counts = append(r.counts, 0)
	return uint32(len(r.values) - 1)
}

func kind(v Value) uint32 {
	switch typeOf(v) {
	case "string":
		return kindString
	case "function":
		return kindFunction
	case "object":
		if v != Null {
			return kindObject
		}
	}
	return 0
}

// release takes back one count; the last frees the place.
func (r *refs) release(ref uint64) {
	place := uint32(ref)
	if place < fixedRefs {
		return
	}
	if r.counts[place]--; r.counts[place] == 0 {
		delete(r.places, r.values[place])
		r.values[place] = nil
		r.free = append(r.free, place)
	}
}

// live counts the values held beyond the fixed ones, and the js.Funcs among them.
func (r *refs) live() (all, funcs int) {
	if r == nil {
		return 0, 0
	}
	for place := fixedRefs; place < len(r.values); place++ {
		if r.counts[place] == 0 {
			continue
		}
		all++
		if o, ok := r.values[place].(*Object); ok && o.function() != nil && o.function().goFunc {
			funcs++
		}
	}
	return all, funcs
}
