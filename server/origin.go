package server

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// An origin is what a browser puts in the Origin header (RFC 6454 §6.2), in lower case. As an element of
// Options.Origins its parts may be wildcards: scheme "" for http and https, a host "*" or "*.example.com",
// port "*".
type origin struct {
	scheme string
	host   string // an IPv6 address keeps its brackets
	port   string // never empty for http and https
}

// originRules decide which pages may open a connection.
type originRules struct {
	any, null, file bool // "*", "null" and "file://" are listed
	allowed         []origin
}

// parseOrigins reads Options.Origins.
func parseOrigins(patterns []string) (rules originRules, err *OptionError) {
	for _, pattern := range patterns {
		switch pattern {
		case "*":
			rules.any = true
		case "null":
			rules.null = true
		case "file://":
			rules.file = true
		default:
			o, problem := parseOriginPattern(pattern)
			if problem != "" {
				return rules, &OptionError{"Origins", quote(pattern) + ": " + problem}
			}
			rules.allowed = append(rules.allowed, o)
		}
	}
	return rules, nil
}

// check says what is wrong with the Origin lines of a request to host (its Host header), or "" (RFC 6455
// §4.2.2, §10.2). A browser cannot leave Origin out; what has none is not a browser, and has no user's
// cookies that a foreign page could ride on.
func (rules originRules) check(lines []string, host string) (problem string) {
	switch {
	case len(lines) == 0:
		return ""
	case len(lines) > 1:
		return "several Origin lines"
	case lines[0] == "null":
		if rules.any || rules.null {
			return ""
		}
		return `origin "null" is not in Options.Origins`
	case asciiLower(lines[0]) == "file://": // what Chromium sends for a page that may read files: it has no host
		if rules.any || rules.file {
			return ""
		}
		return `origin "file://" is not in Options.Origins`
	}
	o, ok := parseOrigin(lines[0])
	if !ok {
		return "malformed Origin " + quote(lines[0])
	}
	if rules.any || o.isHost(host) {
		return ""
	}
	for _, pattern := range rules.allowed {
		if pattern.matches(o) {
			return ""
		}
	}
	return "origin " + quote(lines[0]) + " is neither this host, " + quote(host) + ", nor in Options.Origins"
}

// parseOrigin reads one serialized origin: scheme "://" host [ ":" port ].
func parseOrigin(s string) (o origin, ok bool) {
	scheme, authority, found := strings.Cut(asciiLower(s), "://")
	if !found || !isScheme(scheme) {
		return o, false
	}
	o.scheme = scheme
	o.host, o.port, ok = splitAuthority(authority)
	if o.port == "" {
		o.port = defaultPort(scheme)
	}
	return o, ok && isHost(o.host)
}

// parseOriginPattern reads one element of Options.Origins.
func parseOriginPattern(s string) (o origin, problem string) {
	scheme, authority, found := strings.Cut(asciiLower(s), "://")
	if !found {
		scheme, authority = "", scheme
	} else if scheme == "ws" || scheme == "wss" {
		return o, "an origin is a page's: http or https"
	} else if !isScheme(scheme) {
		return o, "no scheme stands before ://"
	}
	o.scheme = scheme
	authority, anyPort := strings.CutSuffix(authority, ":*")
	var ok bool
	if o.host, o.port, ok = splitAuthority(authority); !ok || anyPort && o.port != "" {
		return o, "want host, host:port or host:*, and no path"
	}
	if anyPort {
		o.port = "*"
	}
	if o.host != "*" && (!isHost(strings.TrimPrefix(o.host, "*.")) || strings.HasPrefix(o.host, "*.[")) {
		return o, "not a host: ASCII letters, digits, - . _, a leading *. or an IPv6 address in brackets"
	}
	if inner, ok := strings.CutPrefix(o.host, "["); ok && !isIPv6AsInOrigins(strings.TrimSuffix(inner, "]")) {
		return o, "not an IPv6 address as browsers write it, as in [::1] or [2001:db8::1]"
	}
	return o, ""
}

// isHost reports whether o's page comes from the very host that a request named in its Host header. A Host
// without port has the default one of the page's scheme: behind a proxy that ends TLS the server cannot tell
// which scheme its own address has.
func (o origin) isHost(host string) bool {
	if o.scheme != "http" && o.scheme != "https" {
		return false
	}
	name, port, ok := splitAuthority(asciiLower(host))
	if port == "" {
		port = defaultPort(o.scheme)
	}
	return ok && name == o.host && port == o.port
}

// matches reports whether o, as a pattern, allows candidate.
func (o origin) matches(candidate origin) bool {
	switch o.scheme {
	case "":
		if candidate.scheme != "http" && candidate.scheme != "https" {
			return false
		}
	case candidate.scheme:
	default:
		return false
	}
	switch o.port {
	case "*":
	case "":
		if candidate.port != defaultPort(candidate.scheme) {
			return false
		}
	default:
		if candidate.port != o.port {
			return false
		}
	}
	if suffix, wild := strings.CutPrefix(o.host, "*"); wild {
		return len(candidate.host) > len(suffix) && strings.HasSuffix(candidate.host, suffix)
	}
	return candidate.host == o.host
}

// splitAuthority splits "host", "host:port", "[::1]" and "[::1]:port"; port is "" when there is none.
func splitAuthority(s string) (host, port string, ok bool) {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 || strings.HasSuffix(s, "]") {
		return s, "", s != ""
	}
	host, port = s[:colon], s[colon+1:]
	n, err := strconv.ParseUint(port, 10, 16)
	return host, port, host != "" && err == nil && n > 0 && port[0] != '0'
}

// isHost reports whether s is a host name or address as browsers write it, in lower case.
func isHost(s string) bool {
	if inner, ok := strings.CutPrefix(s, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		return ok && inner != "" && strings.Trim(inner, "0123456789abcdef:.") == ""
	}
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-._") == ""
}

// isIPv6AsInOrigins reports whether s is an IPv6 address in the one form that stands in origins.
func isIPv6AsInOrigins(s string) bool {
	a, err := netip.ParseAddr(s)
	if err != nil || !a.Is6() || a.Zone() != "" {
		return false
	}
	if a.Is4In6() { // in hexadecimal here
		b := a.As16()
		return s == fmt.Sprintf("::ffff:%x:%x", uint(b[12])<<8|uint(b[13]), uint(b[14])<<8|uint(b[15]))
	}
	return s == a.String()
}

// isScheme reports whether s is a URL scheme in lower case (RFC 3986 §3.1).
func isScheme(s string) bool {
	return s != "" && s[0] >= 'a' && s[0] <= 'z' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == ""
}

// defaultPort is the port that a URL of the scheme leaves out, "" for a scheme without ports.
func defaultPort(scheme string) string {
	switch scheme {
	case "http":
		return "80"
	case "https":
		return "443"
	}
	return ""
}

// asciiLower lowers the letters A to Z alone: Unicode's folding would make other hosts equal.
func asciiLower(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, s)
}
