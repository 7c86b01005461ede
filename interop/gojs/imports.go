package gojs

import (
	"crypto/rand"
	"time"
)

// imports are the functions of the module gojs. Each finds its arguments in Go's frame from sp+8 on, and its results behind them.
var imports = map[string]func(*frame){
	"runtime.wasmExit":             func(f *frame) { f.exit(f.int32(8)) },
	"runtime.wasmWrite":            func(f *frame) { f.writeOut(f.int64(8), f.slice(f.ref(16), uint64(uint32(f.int32(24))))) },
	"runtime.resetMemoryDataView":  func(f *frame) {}, // memory is looked at afresh each time
	"runtime.nanotime1":            func(f *frame) { f.setInt64(8, int64(f.now()+time.Second)) },
	"runtime.walltime":             walltime,
	"runtime.scheduleTimeoutEvent": func(f *frame) { f.setInt32(16, f.schedule(f.int64(8))) },
	"runtime.clearTimeoutEvent":    func(f *frame) { f.unschedule(f.int32(8)) },
	"runtime.getRandomData":        func(f *frame) { rand.Read(f.bytes(8)) },

	"syscall/js.finalizeRef":        func(f *frame) { f.refs.release(f.ref(8)) },
	"syscall/js.stringVal":          func(f *frame) { f.setValue(24, f.text(8)) },
	"syscall/js.valueGet":           valueGet,
	"syscall/js.valueSet":           func(f *frame) { f.object(8).Set(f.text(16), f.value(32)) },
	"syscall/js.valueDelete":        func(f *frame) { f.object(8).remove(f.text(16)) },
	"syscall/js.valueIndex":         func(f *frame) { f.setValue(24, f.object(8).Index(int(f.int64(16)))) },
	"syscall/js.valueSetIndex":      func(f *frame) { f.object(8).SetIndex(int(f.int64(16)), f.value(24)) },
	"syscall/js.valueCall":          valueCall,
	"syscall/js.valueInvoke":        valueInvoke,
	"syscall/js.valueNew":           valueNew,
	"syscall/js.valueLength":        func(f *frame) { f.setInt64(16, int64(f.object(8).Len())) },
	"syscall/js.valuePrepareString": valuePrepareString,
	"syscall/js.valueLoadString":    valueLoadString,
	"syscall/js.valueInstanceOf":    func(f *frame) { f.setBool(24, instanceOf(f.value(8), f.value(16))) },
	"syscall/js.copyBytesToGo":      copyBytesToGo,
	"syscall/js.copyBytesToJS":      copyBytesToJS,
}

func walltime(f *frame) {
	now := time.Now()
	f.setInt64(8, now.Unix())
	f.setInt32(16, int32(now.Nanosecond()))
}

func valueGet(f *frame) {
	v := f.object(8).Get(f.text(16))
	f.refresh() // a getter may be a js.Func
	f.setValue(32, v)
}

func valueCall(f *frame) {
	this := f.object(8)
	v, err := f.call(this.Get(f.text(16)), this, f.values(32)...)
	f.setOutcome(56, v, err)
}

func valueInvoke(f *frame) {
	v, err := f.call(f.value(8), nil, f.values(16)...)
	f.setOutcome(40, v, err)
}

func valueNew(f *frame) {
	v, err := f.construct(f.value(8), f.values(16))
	f.setOutcome(40, v, err)
}

// valuePrepareString and valueLoadString bring a string over in two steps, because Go has to allocate between them.
func valuePrepareString(f *frame) {
	b := []byte(toString(f.value(8)))
	f.setValue(16, f.NewUint8Array(b))
	f.setInt64(24, int64(len(b)))
}

func valueLoadString(f *frame) {
	b, _ := Bytes(f.value(8))
	copy(f.bytes(16), b)
}

// elementBytes gives the bytes of a Uint8Array, the only view that Go copies from and to.
func elementBytes(v Value) ([]byte, bool) {
	if o, ok := v.(*Object); ok {
		if s, ok := o.state.(*view); ok && !s.plain {
			return s.bytes(), true
		}
	}
	return nil, false
}

func copyBytesToGo(f *frame) {
	source, ok := elementBytes(f.value(32))
	if ok {
		f.setInt64(40, int64(copy(f.bytes(8), source)))
	}
	f.setBool(48, ok)
}

func copyBytesToJS(f *frame) {
	target, ok := elementBytes(f.value(8))
	if ok {
		f.setInt64(40, int64(copy(target, f.bytes(16))))
	}
	f.setBool(48, ok)
}
