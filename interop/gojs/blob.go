package gojs

import "slices"

// A blob holds bytes that can only be read through a promise.
type blob struct{ bytes []byte }

func (h *Host) installBlob() {
	h.blobs = h.newClass("Blob", nil, func(args []Value) (*Object, error) {
		b := &blob{}
		list, _ := argument(args, 0).(*Object)
		for _, part := range elements(list) {
			if bytes, ok := Bytes(part); ok {
				b.bytes = append(b.bytes, bytes...)
			} else {
				b.bytes = append(b.bytes, toString(part)...)
			}
		}
		return h.blobs.make(b), nil
	})
	getter(h.blobs, "size", func(b *blob) Value { return float64(len(b.bytes)) })
	method(h.blobs, "arrayBuffer", func(_ *Object, b *blob, _ []Value) (Value, error) {
		return h.asPromise(h.NewArrayBuffer(slices.Clone(b.bytes))), nil
	})
}
