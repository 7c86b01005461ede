package server

import (
	"strings"
	"testing"
)

func TestSection10_2_Origin(t *testing.T) {
	tests := []struct {
		name     string
		patterns []string
		lines    []string
		host     string
		want     string // part of the problem; "" lets the request in
	}{
		{"no Origin", nil, nil, "example.com", ""},
		{"same host", nil, []string{"http://example.com"}, "example.com", ""},
		{"same host and port", nil, []string{"http://example.com:8080"}, "example.com:8080", ""},
		{"letter case", nil, []string{"HTTP://Example.COM"}, "eXample.com", ""},
		{"https, no ports", nil, []string{"https://example.com"}, "example.com", ""},
		{"http, its default port in Host", nil, []string{"http://example.com"}, "example.com:80", ""},
		{"https, its default port in Host", nil, []string{"https://example.com"}, "example.com:443", ""},
		{"https, its default port in Origin", nil, []string{"https://example.com:443"}, "example.com", ""},
		{"IPv6", nil, []string{"http://[::1]:8080"}, "[::1]:8080", ""},
		{"IPv6, no ports", nil, []string{"http://[::1]"}, "[::1]", ""},
		{"IPv4", nil, []string{"http://127.0.0.1:1"}, "127.0.0.1:1", ""},

		{"other host", nil, []string{"http://evil.example"}, "example.com", `origin "http://evil.example" is neither this host, "example.com", nor in Options.Origins`},
		{"subdomain", nil, []string{"http://a.example.com"}, "example.com", "neither"},
		{"host as a prefix", nil, []string{"http://example.com.evil.example"}, "example.com", "neither"},
		{"host as a suffix", nil, []string{"http://evilexample.com"}, "example.com", "neither"},
		{"other port", nil, []string{"http://example.com:81"}, "example.com", "neither"},
		{"port left out", nil, []string{"http://example.com"}, "example.com:8080", "neither"},
		{"the other scheme's port", nil, []string{"http://example.com"}, "example.com:443", "neither"},
		{"another scheme, same host", nil, []string{"ftp://example.com"}, "example.com", "neither"},
		{"letters that only Unicode folds", nil, []string{"http://\u212Aelvin.example"}, "kelvin.example", "malformed"},
		{"the same in Host", nil, []string{"http://kelvin.example"}, "\u212Aelvin.example", "neither"},
		{"empty Host", nil, []string{"http://example.com"}, "", "neither"},
		{"null", nil, []string{"null"}, "example.com", "null"},
		{"null and patterns", []string{"example.com"}, []string{"null"}, "h", "null"},

		{"several lines", []string{"*"}, []string{"http://example.com", "http://example.com"}, "example.com", "several"},
		{"empty", []string{"*"}, []string{""}, "example.com", "malformed"},
		{"no scheme", nil, []string{"example.com"}, "example.com", "malformed"},
		{"path", nil, []string{"http://example.com/"}, "example.com", "malformed"},
		{"user", nil, []string{"http://a@example.com"}, "example.com", "malformed"},
		{"list", nil, []string{"http://example.com http://example.com"}, "example.com", "malformed"},
		{"port 0", nil, []string{"http://example.com:0"}, "example.com", "malformed"},
		{"port with zeros", nil, []string{"http://example.com:080"}, "example.com", "malformed"},
		{"port too high", nil, []string{"http://example.com:65536"}, "example.com", "malformed"},
		{"empty port", nil, []string{"http://example.com:"}, "example.com", "malformed"},
		{"port *", nil, []string{"http://example.com:*"}, "example.com", "malformed"},
		{"wildcard", []string{"*.example.com"}, []string{"http://*.example.com"}, "h", "malformed"},
		{"open bracket", nil, []string{"http://[::1"}, "[::1", "malformed"},
		{"bare IPv6", nil, []string{"http://::1"}, "::1", "malformed"},
		{"line break is escaped", nil, []string{"http://a\r\nb"}, "h", `malformed Origin "http://a\r\nb"`},
		{"long", nil, []string{"x" + strings.Repeat("y", 5000)}, "h", `y"...`},

		{"any", []string{"*"}, []string{"https://evil.example:1"}, "h", ""},
		{"any means null too", []string{"*"}, []string{"null"}, "h", ""},
		{"any means extensions too", []string{"*"}, []string{"chrome-extension://abc"}, "h", ""},
		{"null listed", []string{"null"}, []string{"null"}, "h", ""},
		{"null is only null", []string{"null"}, []string{"http://evil.example"}, "h", "neither"},
		{"host, http", []string{"a.example"}, []string{"http://a.example"}, "h", ""},
		{"host, https", []string{"a.example"}, []string{"https://a.example"}, "h", ""},
		{"host, port", []string{"a.example"}, []string{"https://a.example:8443"}, "h", "neither"},
		{"host, extension", []string{"a.example"}, []string{"chrome-extension://a.example"}, "h", "neither"},
		{"host, subdomain", []string{"a.example"}, []string{"https://b.a.example"}, "h", "neither"},
		{"host, in capitals", []string{"A.Example"}, []string{"https://a.example"}, "h", ""},
		{"host:port", []string{"a.example:8443"}, []string{"https://a.example:8443"}, "h", ""},
		{"host:port, other port", []string{"a.example:8443"}, []string{"https://a.example"}, "h", "neither"},
		{"host:443", []string{"a.example:443"}, []string{"https://a.example"}, "h", ""},
		{"host:443, http", []string{"a.example:443"}, []string{"http://a.example"}, "h", "neither"},
		{"scheme", []string{"https://a.example"}, []string{"https://a.example"}, "h", ""},
		{"other scheme", []string{"https://a.example"}, []string{"http://a.example"}, "h", "neither"},
		{"scheme and port", []string{"https://app.example.com:8443"}, []string{"https://app.example.com:8443"}, "h", ""},
		{"any port", []string{"http://localhost:*"}, []string{"http://localhost:5173"}, "h", ""},
		{"any port, none", []string{"http://localhost:*"}, []string{"http://localhost"}, "h", ""},
		{"any port, other host", []string{"http://localhost:*"}, []string{"http://localhost.evil.example:1"}, "h", "neither"},
		{"IPv6, any port", []string{"http://[::1]:*"}, []string{"http://[::1]:5173"}, "h", ""},
		{"subdomains", []string{"*.example.com"}, []string{"https://a.example.com"}, "h", ""},
		{"subdomains, deep", []string{"*.example.com"}, []string{"https://a.b.example.com"}, "h", ""},
		{"subdomains, the domain itself", []string{"*.example.com"}, []string{"https://example.com"}, "h", "neither"},
		{"subdomains, a longer name", []string{"*.example.com"}, []string{"https://evilexample.com"}, "h", "neither"},
		{"subdomains, an empty one", []string{"*.example.com"}, []string{"https://.example.com"}, "h", "neither"},
		{"any host over https", []string{"https://*"}, []string{"https://a.example"}, "h", ""},
		{"any host over https, http", []string{"https://*"}, []string{"http://a.example"}, "h", "neither"},
		{"any host on a port", []string{"*:8443"}, []string{"https://a.example:8443"}, "h", ""},
		{"any host on a port, another", []string{"*:8443"}, []string{"https://a.example"}, "h", "neither"},
		{"extension", []string{"chrome-extension://abc"}, []string{"chrome-extension://abc"}, "h", ""},
		{"the second pattern", []string{"a.example", "b.example"}, []string{"http://b.example"}, "h", ""},
		{"same host beside patterns", []string{"a.example"}, []string{"http://h"}, "h", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rules, err := parseOrigins(test.patterns)
			if err != nil {
				t.Fatal(err)
			}
			got := rules.check(test.lines, test.host)
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("problem %q, want %q", got, test.want)
			}
		})
	}
}

func TestSection10_2_BadOriginPatterns(t *testing.T) {
	for _, pattern := range []string{
		"", " ", "https://", "https://example.com/", "example.com/path", "example.com:", "example.com:0", "example.com:65536",
		"example.com:http", "a.*.example.com", "*example.com", "*.*.com", "*.", "**", "*.*", "wss://example.com", "ws://example.com",
		"://example.com", "1http://example.com", "http://a@example.com", "bücher.example", "::1", "[::1", "*.[::1]",
		"http://example.com:*:*", "http://example.com:80:*", "http://example.com?", "a.example, b.example", "example.com\r\n",
	} {
		if rules, err := parseOrigins([]string{"*", pattern}); err == nil {
			t.Errorf("pattern %q was taken as %+v", pattern, rules)
		} else if err.Field != "Origins" || !strings.Contains(err.Problem, quote(pattern)) {
			t.Errorf("pattern %q: the error does not name it: %v", pattern, err)
		}
	}
}

// A page that is let in by default comes from the very host of the request, and no Origin crashes the parser.
func FuzzOrigin(f *testing.F) {
	f.Add("http://example.com", "example.com", "*.example.com")
	f.Add("https://[::1]:8443", "[::1]:8443", "https://[::1]:*")
	f.Add("null", "h:80", "null")
	f.Add("http://::1", "::1", "*:1")
	f.Fuzz(func(t *testing.T, line, host, pattern string) {
		var strict originRules
		if strict.check([]string{line}, host) == "" {
			_, authority, _ := strings.Cut(line, "://")
			name, _, _ := splitAuthority(asciiLower(authority))
			hostname, _, _ := splitAuthority(asciiLower(host))
			if name != hostname || name == "" {
				t.Fatalf("origin %q was let in to host %q", line, host)
			}
		}
		rules, err := parseOrigins([]string{pattern})
		if err != nil || rules.any || rules.null {
			return
		}
		if rules.check([]string{line}, "") == "" {
			o, _ := parseOrigin(line)
			if !strings.HasSuffix(o.host, strings.TrimPrefix(rules.allowed[0].host, "*")) {
				t.Fatalf("origin %q was let in by pattern %q", line, pattern)
			}
		}
	})
}

// A pattern that no browser's origin can match is told of at once.
func TestSection10_2_PatternsThatCannotMatch(t *testing.T) {
	for _, pattern := range []string{"[0:0:0:0:0:0:0:1]", "[::0001]", "[:::]", "[1.2.3]", "[1]", "https://[::ffff:127.0.0.1]"} {
		if rules, err := parseOrigins([]string{pattern}); err == nil {
			t.Errorf("pattern %q was taken as %+v", pattern, rules)
		}
	}
}

// A page of a file has an origin without a host in Chromium, if it may read other files, as in Electron and WebViews.
func TestSection10_2_OriginOfAFile(t *testing.T) {
	for _, patterns := range [][]string{{"*"}, {"file://"}} {
		rules, err := parseOrigins(patterns)
		if err != nil {
			t.Errorf("%q: %v", patterns, err)
		} else if problem := rules.check([]string{"file://"}, "h"); problem != "" {
			t.Errorf("%q: %s", patterns, problem)
		}
	}
	var strict originRules
	if strict.check([]string{"file://"}, "h") == "" {
		t.Error("let in by default")
	}
}
