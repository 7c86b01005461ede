package gojs

import (
	"errors"
	"math"
)

// frame is one call of an import: its arguments and results lie in the program's memory at and above sp.
type frame struct {
	*Host
	sp uint32
}

// refresh reads the stack pointer again: code that may have entered the program may have moved its stack.
func (f *frame) refresh() {
	result, err := f.getsp.Call(f.ctx)
	if err != nil {
		panic(err)
	}
	f.sp = uint32(result[0])
}

var errMemory = errors.New("gojs: address outside of the program's memory")

// slice is a window on the program's memory, good until it next runs.
func (f *frame) slice(address, length uint64) []byte {
	if address > math.MaxUint32 || length > math.MaxUint32 {
		panic(errMemory)
	}
	b, ok := f.memory.Read(uint32(address), uint32(length))
	if !ok {
		panic(errMemory)
	}
	return b
}

func (f *frame) uint64At(address uint32) uint64 {
	v, ok := f.memory.ReadUint64Le(address)
	if !ok {
		panic(errMemory)
	}
	return v
}

func (f *frame) int64(offset uint32) int64    { return int64(f.uint64At(f.sp + offset)) }
func (f *frame) int32(offset uint32) int32    { return int32(f.int64(offset)) }
func (f *frame) ref(offset uint32) uint64     { return f.uint64At(f.sp + offset) }
func (f *frame) value(offset uint32) Value    { return f.refs.load(f.ref(offset)) }
func (f *frame) object(offset uint32) *Object { return f.asObject(f.value(offset)) }
func (f *frame) bytes(offset uint32) []byte   { return f.slice(f.ref(offset), f.ref(offset+8)) }
func (f *frame) text(offset uint32) string    { return decodeText(f.bytes(offset)) }
func (f *frame) setInt64(offset uint32, v int64) {
	f.set(f.memory.WriteUint64Le(f.sp+offset, uint64(v)))
}
func (f *frame) setInt32(offset uint32, v int32) {
	f.set(f.memory.WriteUint32Le(f.sp+offset, uint32(v)))
}
func (f *frame) setValue(offset uint32, v Value) { f.setInt64(offset, int64(f.refs.store(v))) }

func (f *frame) setBool(offset uint32, v bool) {
	b := byte(0)
	if v {
		b = 1
	}
	f.set(f.memory.WriteByte(f.sp+offset, b))
}

func (f *frame) set(ok bool) {
	if !ok {
		panic(errMemory)
	}
}

// asObject fails the run where JavaScript would throw a TypeError into the middle of the program.
func (f *frame) asObject(v Value) *Object {
	o, ok := v.(*Object)
	if !ok {
		panic(f.throw("TypeError", toString(v)+" is not an object"))
	}
	return o
}

func (f *frame) values(offset uint32) []Value {
	array, n := uint32(f.ref(offset)), f.int64(offset+8)
	list := make([]Value, n)
	for i := range list {
		list[i] = f.refs.load(f.uint64At(array + 8*uint32(i)))
	}
	return list
}

// setOutcome stores what a call returned or threw, and behind it which of the two.
func (f *frame) setOutcome(offset uint32, v Value, err error) {
	f.refresh()
	if err != nil {
		v = err.(*Throw).Value
	}
	f.setValue(offset, v)
	f.setBool(offset+8, err == nil)
}
