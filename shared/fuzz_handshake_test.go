package shared

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// FuzzHasToken compares HasToken with a plain reading of a comma list.
func FuzzHasToken(f *testing.F) {
	for _, s := range []string{"", "websocket", "h2c, WebSocket", "web socket", "websocket2,\twebsocket ", "a\nwebsocket", "weBsocKet", "\u212aeep-alive"} {
		f.Add(s, "websocket")
	}
	f.Add("Keep-Alive, \u212a", "k")
	f.Fuzz(func(t *testing.T, s, token string) {
		lower := func(s string) string { // of ASCII alone
			b := []byte(s)
			for i, c := range b {
				if 'A' <= c && c <= 'Z' {
					b[i] = c - 'A' + 'a'
				}
			}
			return string(b)
		}
		want := false
		for _, element := range regexp.MustCompile(`[,\n]`).Split(s, -1) {
			want = want || lower(strings.Trim(element, " \t")) == lower(token)
		}
		if got := HasToken(strings.Split(s, "\n"), token); got != want && !strings.ContainsAny(token, ", \t\n") && token != "" {
			t.Fatalf("%q in %q: %v, want %v", token, s, got, want)
		}
	})
}

// extensionList is the grammar of RFC 6455 §9.1 with the empty elements of RFC 7230 §7.
var extensionList = func() *regexp.Regexp {
	const space, token = "[ \t]*", "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
	quoted := `"(?:\\?[!#$%&'*+.^_` + "`" + `|~0-9A-Za-z-])+"`
	param := space + ";" + space + token + "(?:" + space + "=" + space + "(?:" + token + "|" + quoted + "))?"
	extension := token + "(?:" + param + ")*"
	return regexp.MustCompile("^" + space + "(?:," + space + ")*(?:" + extension + space + "(?:," + space + "(?:" + extension + space + ")?)*)?$")
}()

// FuzzExtensionGrammar compares ParseExtensions with the grammar as a regular expression.
func FuzzExtensionGrammar(f *testing.F) {
	for _, c := range extensionLists {
		f.Add(strings.Join(c.lines, ","))
	}
	for _, c := range badExtensionLists {
		f.Add(c.line)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := extensionList.MatchString(s) && strings.Trim(s, ", \t") != ""
		if _, err := ParseExtensions([]string{s}); (err == nil) != want {
			t.Fatalf("%q: %v, want it taken: %v", s, err, want)
		}
	})
}

// FuzzURLAsOthersReadIt compares ParseURL with net/url: what ParseURL takes, both see in the same way.
func FuzzURLAsOthersReadIt(f *testing.F) {
	for _, c := range urls {
		f.Add(c.in)
	}
	for _, c := range badURLs {
		f.Add(c.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURL(s)
		if err != nil {
			return
		}
		other, err := url.Parse(u.String())
		if err != nil {
			t.Fatalf("%q became %q: %v", s, u.String(), err)
		}
		path, query, _ := strings.Cut(u.Target, "?")
		path, err = url.PathUnescape(path) // net/url would escape more of it
		if secure := other.Scheme == "wss"; err != nil || secure != u.Secure || other.Host != u.Host || other.Hostname() != u.Hostname || other.RawQuery != query || other.Path != path {
			t.Fatalf("%q: %+v; net/url sees scheme %q, host %q, path %q, query %q", s, u, other.Scheme, other.Host, other.Path, other.RawQuery)
		}
	})
}
