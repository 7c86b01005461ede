package gojs

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
)

// A Value is a JavaScript value: nil (undefined), Null, a bool, a float64, a string or an *Object.
// Strings are kept as UTF-8; lone surrogates are not modelled. Values compare with ==, as === does.
type Value any

type null struct{}

// Null is JavaScript's null.
var Null Value = null{}

func argument(args []Value, i int) Value {
	if i < len(args) {
		return args[i]
	}
	return nil
}

func typeOf(v Value) string {
	switch v := v.(type) {
	case nil:
		return "undefined"
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case *Object:
		if v.function() != nil {
			return "function"
		}
	}
	return "object"
}

func nullish(v Value) bool { return v == nil || v == Null }

// toString is String(v); objects that carry a message are shown with it, as errors are.
func toString(v Value) string {
	switch v := v.(type) {
	case nil:
		return "undefined"
	case null:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return formatNumber(v)
	case string:
		return v
	}
	o := v.(*Object)
	if f := o.function(); f != nil {
		return "function " + f.name + "() { [native code] }"
	}
	if list, ok := o.state.(*array); ok {
		return list.join(",")
	}
	message, isString := o.Get("message").(string)
	if !isString {
		return "[object Object]"
	}
	name, _ := o.Get("name").(string)
	return strings.TrimSuffix(name+": "+message, ": ")
}

func formatNumber(f float64) string {
	size := math.Abs(f)
	switch {
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == 0:
		return "0"
	case size >= 1e-6 && size < 1e21:
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	return mantissa + "e" + exponent[:1] + strings.TrimLeft(exponent[1:], "0")
}

func toNumber(v Value) float64 {
	switch v := v.(type) {
	case null:
		return 0
	case bool:
		if v {
			return 1
		}
		return 0
	case float64:
		return v
	case string:
		text := strings.TrimSpace(v)
		if text == "" {
			return 0
		}
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return f
		}
	}
	return math.NaN()
}

// toInt cuts the fraction off; what is not a number counts as 0.
func toInt(v Value) int {
	f := toNumber(v)
	if math.IsNaN(f) {
		return 0
	}
	return int(max(math.MinInt32, min(math.MaxInt32, f)))
}

func truthy(v Value) bool {
	switch v := v.(type) {
	case nil, null:
		return false
	case bool:
		return v
	case float64:
		return v != 0 && !math.IsNaN(v)
	case string:
		return v != ""
	}
	return true
}

// stringLength is a string's length in UTF-16 code units.
func stringLength(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// decodeText does what a TextDecoder does: bytes that are not UTF-8 become U+FFFD and a byte order mark at the front is dropped.
func decodeText(b []byte) string {
	return strings.TrimPrefix(string([]rune(string(b))), "\ufeff")
}
