package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const none = "–" // where there is no figure, or the system does not tell it

// thousands writes a whole number as people read it: 1,234,567.
func thousands(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return none
	}
	s := strconv.FormatFloat(math.Abs(math.Round(f)), 'f', 0, 64)
	var b strings.Builder
	if f < 0 {
		b.WriteByte('-')
	}
	for i, digit := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	return b.String()
}

// number writes a number in a format.
func number(f float64, format string) string {
	if f == 0 || math.IsNaN(f) || math.IsInf(f, 0) {
		return none
	}
	return fmt.Sprintf(format, f)
}

func factor(f float64) string  { return number(f, "%.2f") }
func percent(f float64) string { return number(f*100, "%.0f%%") }

// micros writes a duration given in microseconds with three digits.
func micros(f float64) string {
	switch {
	case f >= 99_950:
		return number(f/1000, "%.0f ms")
	case f >= 9995:
		return number(f/1000, "%.1f ms")
	case f >= 999.5:
		return number(f/1000, "%.2f ms")
	case f >= 99.95:
		return number(f, "%.0f µs")
	case f >= 9.995:
		return number(f, "%.1f µs")
	}
	return number(f, "%.2f µs")
}
