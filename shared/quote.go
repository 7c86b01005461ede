package shared

// quote shows a value that came from outside in an error: in ASCII, so that it
// stays on its line whatever it holds, and cut, so that a long one does not
// fill a log.
func quote(s string) string {
	const most = 120
	if len(s) > most {
		return string(appendQuoted(nil, s[:most], true)) + "…"
	}
	return string(appendQuoted(nil, s, true))
}

// appendQuoted appends s in quotes, with control characters and, for ascii, all
// beyond ASCII as \x and two digits. strconv.Quote knows what is printable, by
// tables that would cost the browser module 5 kB.
func appendQuoted(b []byte, s string, ascii bool) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == 0x7F || ascii && c >= 0x80:
			b = append(b, '\\', 'x', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
