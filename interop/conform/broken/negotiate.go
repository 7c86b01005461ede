package broken

import (
	"strconv"
	"strings"
)

// An extension is an element of Sec-WebSocket-Extensions (RFC 6455 §9.1).
type extension struct {
	name   string
	params []param
}

type param struct {
	name, value string
	has         bool // a value
}

// An agreement is what permessage-deflate was negotiated to (RFC 7692 §7.1).
type agreement struct{ server, client direction }

// parseExtensions reads the lines of Sec-WebSocket-Extensions; ok is false when they are malformed.
func parseExtensions(lines []string) (list []extension, ok bool) {
	for _, line := range lines {
		for _, element := range splitQuoted(line, ',') {
			if element == "" {
				continue
			}
			parts := splitQuoted(element, ';')
			e := extension{name: parts[0]}
			if !isToken(e.name) {
				return nil, false
			}
			for _, part := range parts[1:] {
				name, value, has := strings.Cut(part, "=")
				q := param{strings.TrimRight(name, " \t"), strings.TrimLeft(value, " \t"), has}
				if len(q.value) > 1 && q.value[0] == '"' && q.value[len(q.value)-1] == '"' {
					q.value = strings.ReplaceAll(q.value[1:len(q.value)-1], `\`, "")
				}
				if !isToken(q.name) || has && !isToken(q.value) {
					return nil, false
				}
				e.params = append(e.params, q)
			}
			list = append(list, e)
		}
	}
	return list, len(list) > 0 || len(lines) == 0
}

// splitQuoted cuts s at each separator outside of quotes, and trims the pieces.
func splitQuoted(s string, separator byte) (pieces []string) {
	quoted, begin := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '\\' && quoted:
			i++
		case s[i] == separator && !quoted:
			pieces = append(pieces, strings.Trim(s[begin:i], " \t"))
			begin = i + 1
		}
	}
	return append(pieces, strings.Trim(s[begin:], " \t"))
}

func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || strings.IndexByte(`()<>@,;:\"/[]?={}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// read takes the parameters of e as an offer or as an answer to one; ok is false when it has to be declined.
func (e extension) read(answer bool, fault *Fault) (a agreement, has map[string]bool, ok bool) {
	a = agreement{direction{15, true}, direction{15, true}}
	has = make(map[string]bool)
	for _, q := range e.params {
		if has[q.name] && fault != TakesRepeated {
			return a, has, false
		}
		has[q.name] = true
		switch q.name {
		case "server_no_context_takeover", "client_no_context_takeover":
			if q.has && fault != TakesValue {
				return a, has, false
			}
			if strings.HasPrefix(q.name, "server") {
				a.server.takeover = false
			} else {
				a.client.takeover = false
			}
		case "server_max_window_bits", "client_max_window_bits":
			server := strings.HasPrefix(q.name, "server")
			bits := 15
			if q.has || (server || answer) && fault != TakesNoBits {
				var ok bool
				if bits, ok = windowBits(q.value, fault); !ok {
					return a, has, false
				}
			}
			if server {
				a.server.bits = bits
			} else {
				a.client.bits = bits
			}
		default:
			if fault != TakesUnknownParameter {
				return a, has, false
			}
		}
	}
	return a, has, true
}

// windowBits reads 8 to 15, without a leading zero (RFC 7692 §7.1.2).
func windowBits(s string, fault *Fault) (int, bool) {
	n, err := strconv.Atoi(s)
	if err == nil && s == strconv.Itoa(n) && n >= 8 && n <= 15 {
		return n, true
	}
	if fault == TakesLeadingZero && err == nil && n >= 8 && n <= 15 {
		return n, true
	}
	return 15, fault == TakesBadBits && s != ""
}

// agree answers a client's offers: the answer is empty when none can be accepted.
func agree(offers []extension, fault *Fault) (answer string, a agreement) {
	for _, offer := range offers {
		if offer.name != "permessage-deflate" {
			continue
		}
		a, has, ok := offer.read(false, fault)
		if !ok {
			continue
		}
		answer = offer.name
		if has["server_no_context_takeover"] && fault != TakeoverForgotten {
			answer += "; server_no_context_takeover"
		}
		if has["client_no_context_takeover"] {
			answer += "; client_no_context_takeover"
		}
		if has["server_max_window_bits"] && fault != WindowForgotten {
			bits := a.server.bits
			if fault == WindowRaised {
				bits = min(bits+3, 15)
				a.server.bits = bits
			}
			answer += "; server_max_window_bits=" + strconv.Itoa(bits)
		}
		if has["client_max_window_bits"] && a.client.bits < 15 || fault == WindowUnasked && !has["client_max_window_bits"] {
			answer += "; client_max_window_bits=" + strconv.Itoa(a.client.bits)
		}
		if fault == AgreesTwice && len(offers) > 1 {
			answer += ", " + answer
		}
		return answer, a
	}
	return "", a
}
