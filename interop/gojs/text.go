package gojs

import "unicode/utf8"

type textDecoder struct{ fatal, keepBOM bool }

// installText defines TextEncoder and TextDecoder, for UTF-8 and whole texts only.
func (h *Host) installText() {
	encoders := h.newClass("TextEncoder", nil, nil)
	encoders.constructor.function().construct = func([]Value) (*Object, error) { return encoders.make(nil), nil }
	encoders.proto.define("encode", h.NewFunction("encode", func(_ Value, args []Value) (Value, error) {
		if argument(args, 0) == nil {
			return h.NewUint8Array(nil), nil
		}
		return h.NewUint8Array([]byte(toString(args[0]))), nil
	}))
	encoders.proto.define("encodeInto", h.NewFunction("encodeInto", func(_ Value, args []Value) (Value, error) {
		target, ok := elementBytes(argument(args, 1))
		if !ok {
			return nil, h.throw("TypeError", "encodeInto needs a Uint8Array")
		}
		read, written := 0, 0
		for _, r := range toString(args[0]) {
			if written+utf8.RuneLen(r) > len(target) {
				break
			}
			written += utf8.EncodeRune(target[written:], r)
			read += stringLength(string(r))
		}
		result := h.newObject()
		result.define("read", float64(read))
		result.define("written", float64(written))
		return result, nil
	}))

	decoders := h.newClass("TextDecoder", nil, nil)
	decoders.constructor.function().construct = func(args []Value) (*Object, error) {
		d := &textDecoder{}
		if options, ok := argument(args, 1).(*Object); ok {
			d.fatal, d.keepBOM = truthy(options.Get("fatal")), truthy(options.Get("ignoreBOM"))
		}
		return decoders.make(d), nil
	}
	method(decoders, "decode", func(_ *Object, d *textDecoder, args []Value) (Value, error) {
		b, ok := Bytes(argument(args, 0))
		if !ok && argument(args, 0) != nil {
			return nil, h.throw("TypeError", "decode needs an ArrayBuffer or a view")
		}
		switch {
		case d.fatal && !utf8.Valid(b):
			return nil, h.throw("TypeError", "the encoded data was not valid")
		case d.keepBOM:
			return string([]rune(string(b))), nil
		}
		return decodeText(b), nil
	})
}
