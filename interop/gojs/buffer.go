package gojs

// A buffer is an ArrayBuffer's state; views share its bytes.
type buffer struct{ bytes []byte }

// A view is a typed array's or a DataView's state: a window on an ArrayBuffer.
type view struct {
	buffer *Object
	offset int
	size   int  // bytes
	plain  bool // a DataView: no elements
}

func (v *view) bytes() []byte {
	return v.buffer.state.(*buffer).bytes[v.offset : v.offset+v.size : v.offset+v.size]
}

func (v *view) length() int {
	if v.plain {
		return 0
	}
	return v.size
}

func (v *view) index(i int) Value {
	if i < 0 || i >= v.length() {
		return nil
	}
	return float64(v.bytes()[i])
}

func (v *view) setIndex(i int, x Value) {
	if i >= 0 && i < v.length() {
		v.bytes()[i] = byte(toInt(x))
	}
}

// Bytes returns the bytes of an ArrayBuffer, a Uint8Array, a DataView or a Blob, shared with it; ok is false for other values.
func Bytes(v Value) (b []byte, ok bool) {
	o, _ := v.(*Object)
	if o == nil {
		return nil, false
	}
	switch s := o.state.(type) {
	case *buffer:
		return s.bytes, true
	case *view:
		return s.bytes(), true
	case *blob:
		return s.bytes, true
	}
	return nil, false
}

// NewArrayBuffer returns an ArrayBuffer that shares b.
func (h *Host) NewArrayBuffer(b []byte) *Object { return h.buffers.make(&buffer{b}) }

// NewUint8Array returns a Uint8Array over an ArrayBuffer that shares b.
func (h *Host) NewUint8Array(b []byte) *Object {
	return h.bytes.make(&view{buffer: h.NewArrayBuffer(b), size: len(b)})
}

func (h *Host) installBuffers() {
	h.buffers = h.newClass("ArrayBuffer", nil, func(args []Value) (*Object, error) {
		n := toInt(argument(args, 0))
		if n < 0 {
			return nil, h.throw("RangeError", "array buffer allocation failed")
		}
		return h.NewArrayBuffer(make([]byte, n)), nil
	})
	getter(h.buffers, "byteLength", func(b *buffer) Value { return float64(len(b.bytes)) })
	method(h.buffers, "slice", func(_ *Object, b *buffer, args []Value) (Value, error) {
		from, to := span(args, len(b.bytes))
		return h.NewArrayBuffer(append([]byte(nil), b.bytes[from:to]...)), nil
	})
	h.buffers.static("isView", func(_ Value, args []Value) (Value, error) {
		o, ok := argument(args, 0).(*Object)
		if ok {
			_, ok = o.state.(*view)
		}
		return ok, nil
	})

	h.bytes = h.newClass("Uint8Array", nil, func(args []Value) (*Object, error) {
		o, ok := argument(args, 0).(*Object)
		if !ok {
			n := toInt(argument(args, 0))
			if n < 0 {
				return nil, h.throw("RangeError", "invalid typed array length")
			}
			return h.NewUint8Array(make([]byte, n)), nil
		}
		if _, ok := o.state.(*buffer); ok {
			return h.newView(h.bytes, args)
		}
		b := make([]byte, o.Len())
		for i := range b {
			b[i] = byte(toInt(o.Index(i)))
		}
		return h.NewUint8Array(b), nil
	})
	h.bytes.constructor.define("BYTES_PER_ELEMENT", 1.0)
	views := h.newClass("DataView", nil, nil)
	views.constructor.function().construct = func(args []Value) (*Object, error) {
		o, err := h.newView(views, args)
		if err == nil {
			o.state.(*view).plain = true
		}
		return o, err
	}
	for _, c := range []*class{h.bytes, views} {
		getter(c, "buffer", func(v *view) Value { return v.buffer })
		getter(c, "byteOffset", func(v *view) Value { return float64(v.offset) })
		getter(c, "byteLength", func(v *view) Value { return float64(v.size) })
	}
	getter(h.bytes, "length", func(v *view) Value { return float64(v.size) })
	method(h.bytes, "subarray", func(_ *Object, v *view, args []Value) (Value, error) {
		from, to := span(args, v.size)
		return h.bytes.make(&view{buffer: v.buffer, offset: v.offset + from, size: to - from}), nil
	})
	method(h.bytes, "slice", func(_ *Object, v *view, args []Value) (Value, error) {
		from, to := span(args, v.size)
		return h.NewUint8Array(append([]byte(nil), v.bytes()[from:to]...)), nil
	})
	method(h.bytes, "fill", func(this *Object, v *view, args []Value) (Value, error) {
		from, to := span(args[min(1, len(args)):], v.size)
		for i := from; i < to; i++ {
			v.setIndex(i, argument(args, 0))
		}
		return this, nil
	})
	method(h.bytes, "set", func(_ *Object, v *view, args []Value) (Value, error) {
		source, _ := argument(args, 0).(*Object)
		at := toInt(argument(args, 1))
		if source == nil || at < 0 || at+source.Len() > v.size {
			return nil, h.throw("RangeError", "offset is out of bounds")
		}
		if s, ok := source.state.(*view); ok {
			copy(v.bytes()[at:], s.bytes())
			return nil, nil
		}
		for i, x := range elements(source) {
			v.setIndex(at+i, x)
		}
		return nil, nil
	})
}

// newView is the constructor's form (buffer, byteOffset, length).
func (h *Host) newView(c *class, args []Value) (*Object, error) {
	o, _ := argument(args, 0).(*Object)
	if o == nil {
		return nil, h.throw("TypeError", "a view needs an ArrayBuffer")
	}
	b, ok := o.state.(*buffer)
	if !ok {
		return nil, h.throw("TypeError", "a view needs an ArrayBuffer")
	}
	offset := toInt(argument(args, 1))
	size := len(b.bytes) - offset
	if n := argument(args, 2); n != nil {
		size = toInt(n)
	}
	if offset < 0 || size < 0 || offset+size > len(b.bytes) {
		return nil, h.throw("RangeError", "offset or length is out of bounds")
	}
	return c.make(&view{buffer: o, offset: offset, size: size}), nil
}
