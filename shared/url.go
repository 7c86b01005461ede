package shared

import (
	"strconv"
	"strings"
)

// A URL is a ws or wss address, taken apart for dialing. RFC 6455 §3.
type URL struct {
	Secure   bool   // wss
	Host     string // as in the Host header: lower case, no port where it is the scheme's own
	Address  string // host:port to dial, IPv6 in brackets
	Hostname string // for TLS: no port, no brackets
	Target   string // path and query as they stand, at least "/"
}

// String gives the address in its normal form; [ParseURL] reads the same URL
// from it.
func (u URL) String() string {
	if u.Secure {
		return "wss://" + u.Host + u.Target
	}
	return "ws://" + u.Host + u.Target
}

// ParseURL reads a ws or wss address. The error is a *[URLError]. Refused are
// other schemes, relative addresses, user information, an empty or malformed
// host, ports other than 1 to 65535, fragments, spaces, control and non-ASCII
// characters, backslashes (browsers take them for slashes) and unfinished
// percent escapes. RFC 6455 §3.
func ParseURL(s string) (URL, error) {
	bad := func(problem, value string) (URL, error) {
		e := &URLError{URL: blankUserInfo(s), Problem: problem}
		// A value that the blanked address does not show was part of a password.
		if value != "" && strings.Contains(e.URL, value) {
			e.Problem += " " + quote(value)
		}
		return URL{}, e
	}

	scheme, rest, absolute := strings.Cut(s, ":")
	var u URL
	port := "80"
	switch {
	case equalFoldASCII(scheme, "ws"):
	case equalFoldASCII(scheme, "wss"):
		u.Secure, port = true, "443"
	case equalFoldASCII(scheme, "http"):
		return bad("the scheme is http, use ws", "")
	case equalFoldASCII(scheme, "https"):
		return bad("the scheme is https, use wss", "")
	case absolute && strings.HasPrefix(rest, "//"):
		return bad("the scheme is not ws or wss but", scheme)
	default:
		return bad("it does not begin with ws:// or wss://", "")
	}
	if !absolute || !strings.HasPrefix(rest, "//") {
		return bad("it does not begin with ws:// or wss://", "")
	}

	authority, target := rest[2:], ""
	for i := range len(authority) {
		if c := authority[i]; c == '/' || c == '?' || c == '#' {
			authority, target = authority[:i], authority[i:]
			break
		}
	}
	if strings.Contains(authority, "@") {
		return bad("user information is not allowed", "")
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7F || c == '\\' {
			return bad("byte 0x"+strconv.FormatUint(uint64(c), 16)+" at offset "+strconv.Itoa(i)+" has to be percent-encoded or left out", "")
		}
	}
	if _, fragment, found := strings.Cut(target, "#"); found {
		return bad("a fragment is not allowed:", "#"+fragment)
	}
	if escape := badEscape(target); escape != "" {
		return bad("malformed percent escape", escape)
	}

	host, given, problem := splitAuthority(toLowerASCII(authority))
	if problem != "" {
		return bad(problem, authority)
	}
	u.Host = host
	if given != "" {
		number, ok := parseDecimal(given, 65535)
		if !ok || number == 0 {
			return bad("the port is not a number from 1 to 65535:", given)
		}
		if given = strconv.Itoa(number); given != port {
			port = given
			u.Host += ":" + port
		}
	}
	u.Address = host + ":" + port
	u.Hostname = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	u.Target = target
	if !strings.HasPrefix(target, "/") {
		u.Target = "/" + target
	}
	return u, nil
}

// splitAuthority takes host and port apart, brackets left on, and says what is
// wrong with the host. RFC 3986 §3.2.
func splitAuthority(s string) (host, port, problem string) {
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return "", "", "the bracket of an IPv6 address is not closed:"
		}
		if !isIPv6(s[1:end]) {
			return "", "", "not an IPv6 address:"
		}
		host, port = s[:end+1], s[end+1:]
		if port != "" && port[0] != ':' {
			return "", "", "unexpected characters behind an IPv6 address:"
		}
		return host, strings.TrimPrefix(port, ":"), ""
	}
	host, port, _ = strings.Cut(s, ":")
	switch {
	case host == "" && port == "":
		return "", "", "the host is empty"
	case strings.Contains(port, ":"):
		return "", "", "an IPv6 address has to stand in brackets:"
	case host == "":
		return "", "", "the host is empty:"
	}
	for i := range len(host) {
		if !isHostByte(host[i]) {
			return "", "", "the host has a character that no host name has:"
		}
	}
	return host, port, ""
}

// isHostByte reports whether c may stand in a host's name: unreserved or a
// delimiter, RFC 3986 §3.2.2, in lower case. Percent escapes are left out: no
// resolver takes them.
func isHostByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-._~!$&'()*+,;=", c) >= 0
}

// isIPv6 reports whether s is an IPv6 address with no zone. RFC 3986 §3.2.2.
func isIPv6(s string) bool {
	before, after, shortened := strings.Cut(s, "::")
	n, ok := countGroups(before, !shortened)
	if !shortened {
		return ok && n == 8
	}
	m, alsoOK := countGroups(after, true)
	return ok && alsoOK && n+m < 8
}

// countGroups counts the groups of 16 bits between colons; an IPv4 address at
// the end, where it is allowed, counts as two. "" has none.
func countGroups(s string, ipv4 bool) (n int, ok bool) {
	for more := s != ""; more; n++ {
		var group string
		group, s, more = strings.Cut(s, ":")
		if !more && ipv4 && isIPv4(group) {
			return n + 2, true
		}
		if len(group) < 1 || len(group) > 4 {
			return 0, false
		}
		for i := range len(group) {
			if !isHex(group[i]) {
				return 0, false
			}
		}
	}
	return n, true
}

func isIPv4(s string) bool {
	n := 0
	for more := true; more; n++ {
		var part string
		part, s, more = strings.Cut(s, ".")
		if _, ok := parseDecimal(part, 255); !ok || len(part) > 1 && part[0] == '0' {
			return false
		}
	}
	return n == 4
}

// parseDecimal reads a number of digits alone, up to most.
func parseDecimal(s string, most int) (n int, ok bool) {
	for i := range len(s) {
		digit := int(s[i]) - '0'
		if digit < 0 || digit > 9 {
			return 0, false
		}
		if n = n*10 + digit; n > most {
			return 0, false
		}
	}
	return n, s != ""
}

func toLowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		b[i] = lowerASCII(c)
	}
	return string(b)
}

// badEscape returns the first percent escape in s that is not one, or "".
func badEscape(s string) string {
	for i := range len(s) {
		if s[i] == '%' && (len(s)-i < 3 || !isHex(s[i+1]) || !isHex(s[i+2])) {
			return s[i:min(i+3, len(s))]
		}
	}
	return ""
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= lowerASCII(c) && lowerASCII(c) <= 'f'
}

// blankUserInfo hides whatever could be a user's name or password: all from the
// scheme to the last @, because a password may hold any character.
func blankUserInfo(s string) string {
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return s
	}
	scheme, _, found := strings.Cut(s[:at], "://")
	if !found || !IsToken(scheme) {
		return "***" + s[at:]
	}
	return scheme + "://***" + s[at:]
}

// A URLError says why an address was refused.
type URLError struct {
	URL     string // with user information blanked
	Problem string // with the offending value
}

// Error gives the address and the problem on one line.
func (e *URLError) Error() string { return "websocket: address " + quote(e.URL) + ": " + e.Problem }
