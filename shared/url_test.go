package shared

import (
	"errors"
	"strings"
	"testing"
)

var urls = []struct {
	in   string
	want URL
}{
	{"ws://example.com", URL{false, "example.com", "example.com:80", "example.com", "/"}},
	{"wss://example.com", URL{true, "example.com", "example.com:443", "example.com", "/"}},
	{"ws://example.com/chat", URL{false, "example.com", "example.com:80", "example.com", "/chat"}},
	{"ws://example.com:9090/path", URL{false, "example.com:9090", "example.com:9090", "example.com", "/path"}},
	{"ws://example.com:80/", URL{false, "example.com", "example.com:80", "example.com", "/"}},
	{"wss://example.com:443/", URL{true, "example.com", "example.com:443", "example.com", "/"}},
	{"ws://example.com:443/", URL{false, "example.com:443", "example.com:443", "example.com", "/"}},
	{"wss://example.com:80/", URL{true, "example.com:80", "example.com:80", "example.com", "/"}},
	{"ws://example.com:1", URL{false, "example.com:1", "example.com:1", "example.com", "/"}},
	{"ws://example.com:65535", URL{false, "example.com:65535", "example.com:65535", "example.com", "/"}},
	{"ws://example.com:/x", URL{false, "example.com", "example.com:80", "example.com", "/x"}}, // RFC 3986 §3.2.3
	{"ws://example.com:0080", URL{false, "example.com", "example.com:80", "example.com", "/"}},
	{"ws://h?x", URL{false, "h", "h:80", "h", "/?x"}},
	{"ws://h:81?", URL{false, "h:81", "h:81", "h", "/?"}},
	{"ws://h/?", URL{false, "h", "h:80", "h", "/?"}},
	{"ws://h/a?b=c&d=/e?f", URL{false, "h", "h:80", "h", "/a?b=c&d=/e?f"}},
	{"ws://h//a/../b", URL{false, "h", "h:80", "h", "//a/../b"}},
	{"ws://h/@user:x", URL{false, "h", "h:80", "h", "/@user:x"}},
	{"ws://h/%23%c3%A9", URL{false, "h", "h:80", "h", "/%23%c3%A9"}},
	{"ws://h/?ids[]={1|2}", URL{false, "h", "h:80", "h", "/?ids[]={1|2}"}},
	{"WSS://Example.COM/Path", URL{true, "example.com", "example.com:443", "example.com", "/Path"}},
	{"wS://127.0.0.1:8080", URL{false, "127.0.0.1:8080", "127.0.0.1:8080", "127.0.0.1", "/"}},
	{"ws://a_b-c.d~e./", URL{false, "a_b-c.d~e.", "a_b-c.d~e.:80", "a_b-c.d~e.", "/"}},
	{"ws://xn--bcher-kva.example", URL{false, "xn--bcher-kva.example", "xn--bcher-kva.example:80", "xn--bcher-kva.example", "/"}},

	{"ws://[::1]", URL{false, "[::1]", "[::1]:80", "::1", "/"}},
	{"ws://[::1]:8080/x", URL{false, "[::1]:8080", "[::1]:8080", "::1", "/x"}},
	{"wss://[::]:443", URL{true, "[::]", "[::]:443", "::", "/"}},
	{"ws://[2001:DB8::A]?q", URL{false, "[2001:db8::a]", "[2001:db8::a]:80", "2001:db8::a", "/?q"}},
	{"ws://[1:2:3:4:5:6:7:8]", URL{false, "[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]:80", "1:2:3:4:5:6:7:8", "/"}},
	{"ws://[1:2:3:4:5:6:7::]", URL{false, "[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7::]:80", "1:2:3:4:5:6:7::", "/"}},
	{"ws://[::ffff:127.0.0.1]:81", URL{false, "[::ffff:127.0.0.1]:81", "[::ffff:127.0.0.1]:81", "::ffff:127.0.0.1", "/"}},
	{"ws://[1:2:3:4:5:6:7.8.9.10]", URL{false, "[1:2:3:4:5:6:7.8.9.10]", "[1:2:3:4:5:6:7.8.9.10]:80", "1:2:3:4:5:6:7.8.9.10", "/"}},
}

func TestSection3_ParseURL(t *testing.T) {
	for _, c := range urls {
		if got, err := ParseURL(c.in); got != c.want || err != nil {
			t.Errorf("%q: %+v, %v, want %+v", c.in, got, err, c.want)
		}
	}
}

func TestSection3_URLString(t *testing.T) {
	for in, want := range map[string]string{
		"WSS://Example.COM:443":   "wss://example.com/",
		"ws://[::1]:0081?q":       "ws://[::1]:81/?q",
		"ws://example.com:80/%4a": "ws://example.com/%4a",
	} {
		u, err := ParseURL(in)
		if got := u.String(); got != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
}

var badURLs = []struct {
	in   string
	part string // of the error
}{
	{"", "it does not begin with ws:// or wss://"},
	{"ws", "it does not begin with ws:// or wss://"},
	{"ws:", "it does not begin with ws:// or wss://"},
	{"wss:/h", "it does not begin with ws:// or wss://"},
	{"ws:h/chat", "it does not begin with ws:// or wss://"},
	{"/chat", "it does not begin with ws:// or wss://"},
	{"//h/chat", "it does not begin with ws:// or wss://"},
	{"example.com/chat", "it does not begin with ws:// or wss://"},
	{"example.com:80/chat", "it does not begin with ws:// or wss://"},
	{" ws://h", `the scheme is not ws or wss but " ws"`},
	{"http://h", "the scheme is http, use ws"},
	{"HTTPS://h", "the scheme is https, use wss"},
	{"ftp://h", `the scheme is not ws or wss but "ftp"`},
	{"://h", "the scheme is not ws or wss but"},
	{"w\u017f://h", `the scheme is not ws or wss but "w\xc5\xbf"`},

	{"ws://", "the host is empty"},
	{"ws:///chat", "the host is empty"},
	{"ws://?x", "the host is empty"},
	{"ws://:", `the host is empty`},
	{"ws://:80/", `the host is empty: ":80"`},
	{"ws://h%41/", `the host has a character that no host name has: "h%41"`},
	{"ws://h<x>/", `that no host name has: "h<x>"`},
	{"ws://a[::1]/", `an IPv6 address has to stand in brackets: "a[::1]"`},
	{"ws://a]/", `that no host name has: "a]"`},

	{"ws://h:0/", `the port is not a number from 1 to 65535: "0"`},
	{"ws://h:65536/", `the port is not a number from 1 to 65535: "65536"`},
	{"ws://h:99999999999999999999/", `the port is not a number from 1 to 65535: "99999999999999999999"`},
	{"ws://h:-1", `the port is not a number from 1 to 65535: "-1"`},
	{"ws://h:+80", `the port is not a number from 1 to 65535: "+80"`},
	{"ws://h:8_0", `the port is not a number from 1 to 65535: "8_0"`},
	{"ws://h:http", `the port is not a number from 1 to 65535: "http"`},
	{"ws://[::1]:0", `the port is not a number from 1 to 65535: "0"`},
	{"ws://h:80:80", `an IPv6 address has to stand in brackets: "h:80:80"`},
	{"ws://::1/", `an IPv6 address has to stand in brackets: "::1"`},

	{"ws://[::1", `the bracket of an IPv6 address is not closed: "[::1"`},
	{"ws://[]", `not an IPv6 address: "[]"`},
	{"ws://[:]", `not an IPv6 address: "[:]"`},
	{"ws://[:::]", `not an IPv6 address`},
	{"ws://[1::2::3]", `not an IPv6 address`},
	{"ws://[1:2:3:4:5:6:7]", `not an IPv6 address`},
	{"ws://[1:2:3:4:5:6:7:8:9]", `not an IPv6 address`},
	{"ws://[1:2:3:4::5:6:7:8]", `not an IPv6 address`},
	{"ws://[:1:2:3:4:5:6:7]", `not an IPv6 address`},
	{"ws://[1:2:3:4:5:6:7:]", `not an IPv6 address`},
	{"ws://[::12345]", `not an IPv6 address`},
	{"ws://[::g]", `not an IPv6 address`},
	{"ws://[127.0.0.1]", `not an IPv6 address`},
	{"ws://[::127.0.0]", `not an IPv6 address`},
	{"ws://[::127.0.0.256]", `not an IPv6 address`},
	{"ws://[::127.0.0.01]", `not an IPv6 address`},
	{"ws://[::127.0.0.1:1]", `not an IPv6 address`},
	{"ws://[127.0.0.1::]", `not an IPv6 address`},
	{"ws://[fe80::1%25eth0]", `not an IPv6 address: "[fe80::1%25eth0]"`},
	{"ws://[v1.x]", `not an IPv6 address`},
	{"ws://[::1]x", `unexpected characters behind an IPv6 address: "[::1]x"`},
	{"ws://[::1]80", `unexpected characters behind an IPv6 address`},

	{"ws://h/#", `a fragment is not allowed: "#"`},
	{"ws://h/a?b#c", `a fragment is not allowed: "#c"`},
	{"ws://h#c/d", `a fragment is not allowed: "#c/d"`},

	{"ws://h/a b", "byte 0x20 at offset 8"},
	{"ws://h /", "byte 0x20 at offset 6"},
	{"ws://h/ ", "byte 0x20 at offset 7"},
	{"ws://h/\r\nX: y", "byte 0xd at offset 7"},
	{"ws://h/?\n", "byte 0xa at offset 8"},
	{"ws://h/\x00", "byte 0x0 at offset 7"},
	{"ws://h/\x7f", "byte 0x7f at offset 7"},
	{"ws://h/é", "byte 0xc3 at offset 7"},
	{"ws://bücher.example", "byte 0xc3 at offset 6"},
	{"ws://h/\xff", "byte 0xff at offset 7"},
	{`ws://h\@evil.example/`, "user information is not allowed"},
	{`ws://h/a\b`, "byte 0x5c at offset 8"},

	{"ws://h/%", `malformed percent escape "%"`},
	{"ws://h/%4", `malformed percent escape "%4"`},
	{"ws://h/a%4gb", `malformed percent escape "%4g"`},
	{"ws://h/?%%41", `malformed percent escape "%%4"`},
}

func TestSection3_RefusedURLs(t *testing.T) {
	for _, c := range badURLs {
		got, err := ParseURL(c.in)
		var u *URLError
		if !errors.As(err, &u) || !strings.Contains(err.Error(), c.part) || strings.ContainsAny(err.Error(), "\r\n") {
			t.Errorf("%q: %v, want %q", c.in, err, c.part)
		}
		if got != (URL{}) {
			t.Errorf("%q: %+v beside the error", c.in, got)
		}
	}
}

// An error ends in logs: neither name nor password may be in it, wherever the
// address goes wrong and whatever the password holds.
func TestSection3_UserInformationStaysHidden(t *testing.T) {
	for in, shown := range map[string]string{
		"ws://joan:secret@h/chat":  "ws://***@h/chat",
		"wss://joan:secret@h/a#b":  "wss://***@h/a#b",
		"ws://joan@h":              "ws://***@h",
		"ws://joan:secret@[::1":    "ws://***@[::1",
		"ws://joan:secret@h:x":     "ws://***@h:x",
		"http://joan:secret@h/":    "http://***@h/",
		"ftp://joan:secret@h/":     "ftp://***@h/",
		"joan:secret@h":            "***@h",
		"joan:secret@h/ws://":      "***@h/ws://",
		"ws:joan:secret@h":         "***@h",
		"ws://joan:se/cret@h/":     "ws://***@h/",
		"ws://joan:secret#@h/":     "ws://***@h/",
		"ws://joan:secret?@h/":     "ws://***@h/",
		"ws://joan:%secret@h":      "ws://***@h",
		"ws://joan:sec@ret@h":      "ws://***@h",
		"ws://joan:secret /@h":     "ws://***@h",
		"joan://secret@h":          "joan://***@h",
		"ws://joan\r\nsecret@h":    "ws://***@h",
		"ws://joan:secret%zz/x@h/": "ws://***@h/",
		"ws://joan/%secret:@h/":    "ws://***@h/",
		"joan secret://x@h":        "***@h",
	} {
		_, err := ParseURL(in)
		var u *URLError
		if !errors.As(err, &u) || u.URL != shown {
			t.Errorf("%q: %v, want it shown as %q", in, err, shown)
			continue
		}
		if text := err.Error(); strings.Contains(text, "secret") || strings.Contains(text, "cret") || strings.Contains(text, "joan") && !strings.Contains(shown, "joan") {
			t.Errorf("%q: %s", in, text)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	for _, c := range urls {
		f.Add(c.in)
	}
	for _, c := range badURLs {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURL(s)
		if err != nil {
			var bad *URLError
			if !errors.As(err, &bad) || u != (URL{}) || strings.ContainsAny(err.Error(), "\r\n") {
				t.Fatalf("%q: %+v, %v", s, u, err)
			}
			return
		}
		if again, err := ParseURL(u.String()); again != u || err != nil {
			t.Fatalf("%q: %+v came back as %+v, %v", s, u, again, err)
		}
		for _, field := range []string{u.Host, u.Address, u.Hostname, u.Target} {
			for i := range len(field) {
				if c := field[i]; c <= ' ' || c >= 0x7F {
					t.Fatalf("%q: %+v", s, u)
				}
			}
			if field == "" || strings.Contains(field, "#") {
				t.Fatalf("%q: %+v", s, u)
			}
		}
		if !strings.HasPrefix(u.Target, "/") || strings.Contains(u.Host, "@") || strings.ContainsAny(u.Hostname, "[]") {
			t.Fatalf("%q: %+v", s, u)
		}
	})
}
