package shared

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// wantGrammarError fails the test unless err is a *GrammarError whose text holds
// part, stays on one line and is short whatever the input was.
func wantGrammarError(t *testing.T, name string, err error, part string) {
	t.Helper()
	var g *GrammarError
	if !errors.As(err, &g) {
		t.Errorf("%s: %v, want a grammar error", name, err)
		return
	}
	if text := g.Error(); !strings.Contains(text, part) || strings.Contains(text, "\n") || len(text) > 1000 {
		t.Errorf("%s: %q, want %q", name, text, part)
	}
}

func TestRFC7230Section3_2_6_Token(t *testing.T) {
	const marks = "!#$%&'*+-.^_`|~"
	const letters = "abcdefghijklmnopqrstuvwxyz"
	all := marks + letters + strings.ToUpper(letters) + "0123456789"
	for c := range 256 {
		one := string([]byte{byte(c)})
		want := strings.Contains(all, one)
		if got := IsToken(one); got != want {
			t.Errorf("%q: %v", one, got)
		}
		if got := IsToken("a" + one); got != want {
			t.Errorf("%q: %v", "a"+one, got)
		}
	}
	if IsToken("") {
		t.Error("the empty string is a token")
	}
}

func TestSection4_2_1_HasToken(t *testing.T) {
	for _, c := range []struct {
		lines []string
		want  bool
	}{
		{[]string{"websocket"}, true},
		{[]string{"WebSocket"}, true},
		{[]string{"WEBSOCKET"}, true},
		{[]string{" \twebsocket\t "}, true},
		{[]string{"h2c, websocket"}, true},
		{[]string{"h2c,websocket,x"}, true},
		{[]string{"h2c", "keep-alive , websocket"}, true},
		{[]string{",, websocket,"}, true},

		{nil, false},
		{[]string{""}, false},
		{[]string{","}, false},
		{[]string{"websocket2"}, false},
		{[]string{"websocket/13"}, false},
		{[]string{"web socket"}, false},
		{[]string{"x websocket"}, false},
		{[]string{`"websocket"`}, false},
		{[]string{"websoc\u212aet"}, false}, // KELVIN SIGN folds to k in Unicode
		{[]string{"web\u017focket"}, false}, // LONG S folds to s
		{[]string{"web", "socket"}, false},
		{[]string{"websocket\x00"}, false},
		{[]string{"websocket\u00a0"}, false},
	} {
		if got := HasToken(c.lines, "websocket"); got != c.want {
			t.Errorf("%q: %v", c.lines, got)
		}
	}
	if !HasToken([]string{"keep-alive, Upgrade"}, "Upgrade") || !HasToken([]string{"UPGRADE"}, "upgrade") {
		t.Error("the token sought is matched by its case")
	}
}

func TestSection11_3_4_ParseTokens(t *testing.T) {
	for _, c := range []struct {
		lines []string
		want  []string
	}{
		{nil, nil},
		{[]string{"soap, wamp"}, []string{"soap", "wamp"}},
		{[]string{"soap", "wamp,mqtt"}, []string{"soap", "wamp", "mqtt"}},
		{[]string{",soap,, \t,wamp,"}, []string{"soap", "wamp"}},
		{[]string{"", "soap"}, []string{"soap"}},
		{[]string{"soap,SOAP"}, []string{"soap", "SOAP"}},
		{[]string{"tandem.v1"}, []string{"tandem.v1"}},
	} {
		if got, err := ParseTokens(c.lines); !slices.Equal(got, c.want) || err != nil {
			t.Errorf("%q: %q, %v", c.lines, got, err)
		}
	}
	for _, c := range []struct {
		lines []string
		part  string
	}{
		{[]string{}, "the list is empty"},
		{[]string{""}, "the list is empty"},
		{[]string{" ,", "\t"}, "the list is empty"},
		{[]string{"soap, soap"}, `"soap" stands there twice`},
		{[]string{"soap", "wamp", "soap"}, `"soap" stands there twice`},
		{[]string{"so ap"}, `"so ap" is not a token`},
		{[]string{"soap;q=1"}, `"soap;q=1" is not a token`},
		{[]string{`"soap"`}, `"\"soap\"" is not a token`},
		{[]string{"soap, a\r\nb"}, `"a\x0d\x0ab" is not a token`},
		{[]string{"κόσμε"}, `is not a token`},
		{[]string{"a/b"}, `"a/b" is not a token`},
	} {
		got, err := ParseTokens(c.lines)
		wantGrammarError(t, strings.Join(c.lines, "|"), err, c.part)
		if got != nil {
			t.Errorf("%q: %q beside the error", c.lines, got)
		}
	}
}

// extensionLists are legal, with what they mean.
var extensionLists = []struct {
	lines []string
	want  []Extension
}{
	{nil, nil},
	{[]string{"foo"}, []Extension{{Name: "foo"}}},
	{[]string{"permessage-deflate; client_max_window_bits"},
		[]Extension{{"permessage-deflate", []Param{{"client_max_window_bits", ""}}}}},
	{[]string{"permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate"},
		[]Extension{{"permessage-deflate", []Param{{"client_max_window_bits", ""}, {"server_max_window_bits", "10"}}}, {Name: "permessage-deflate"}}},
	{[]string{"foo", "bar; baz=2"}, []Extension{{Name: "foo"}, {"bar", []Param{{"baz", "2"}}}}}, // the examples of RFC 6455 §9.1
	{[]string{"foo;bar=\"10\""}, []Extension{{"foo", []Param{{"bar", "10"}}}}},
	{[]string{`foo;bar="\1\0x\y"`}, []Extension{{"foo", []Param{{"bar", "10xy"}}}}},
	{[]string{"\tfoo ;\tbar = \"10\" ; baz , x "}, []Extension{{"foo", []Param{{"bar", "10"}, {"baz", ""}}}, {Name: "x"}}},
	{[]string{",, foo,\t,", "", "bar,"}, []Extension{{Name: "foo"}, {Name: "bar"}}},
	{[]string{"foo; a=1; a=2"}, []Extension{{"foo", []Param{{"a", "1"}, {"a", "2"}}}}},
}

var badExtensionLists = []struct {
	line string
	part string
}{
	{"", "the list is empty"},
	{" , ,", "the list is empty"},
	{"foo bar", `unexpected "bar" behind "foo"`},
	{"foo/1", `unexpected "/1" behind "foo"`},
	{"foo=1", `unexpected "=1" behind "foo"`},
	{"; bar", `no extension at "; bar"`},
	{`"foo"`, `no extension at "\"foo\""`},
	{"foo, =", `no extension at "="`},
	{"foo;", `no parameter of "foo" at ""`},
	{"foo;;bar", `no parameter of "foo" at ";bar"`},
	{"foo; =1", `no parameter of "foo" at "=1"`},
	{"foo; , bar", `no parameter of "foo" at ", bar"`},
	{"foo; bar=", `no value of "bar" at ""`},
	{"foo; bar=;baz", `no value of "bar" at ";baz"`},
	{`foo; bar=""`, `no value of "bar" at "\"\""`},
	{`foo; bar="1 0"`, `no value of "bar" at "\"1 0\""`},
	{`foo; bar="1,0"`, `no value of "bar"`},
	{`foo; bar="\"1\""`, `no value of "bar"`},
	{`foo; bar="10`, `no value of "bar" at "\"10"`},
	{`foo; bar="10\`, `no value of "bar"`},
	{`foo; bar="10\"`, `no value of "bar"`},
	{`foo; bar="`, `no value of "bar"`},
	{`foo; bar="10"x`, `unexpected "x" behind "foo"`},
	{"foo; bar=1 2", `unexpected "2" behind "foo"`},
	{"foo; bar=1=2", `unexpected "=2" behind "foo"`},
	{"foo\x00", `unexpected "\x00" behind "foo"`},
	{"foo;bar=\xff", `no value of "bar" at "\xff"`},
	{"f\u00f6\u00f6", `behind "f"`},
}

func TestSection9_1_ParseExtensions(t *testing.T) {
	for _, c := range extensionLists {
		if got, err := ParseExtensions(c.lines); !reflect.DeepEqual(got, c.want) || err != nil {
			t.Errorf("%q: %+v, %v", c.lines, got, err)
		}
	}
	for _, c := range badExtensionLists {
		got, err := ParseExtensions([]string{c.line})
		wantGrammarError(t, c.line, err, c.part)
		if got != nil {
			t.Errorf("%q: %+v beside the error", c.line, got)
		}
	}
	// A quoted string ends with its line: lists over several lines are joined with commas.
	_, err := ParseExtensions([]string{`foo; bar="10`, `0"`})
	wantGrammarError(t, "over two lines", err, "no value")
}

// No byte above 7F belongs to a token, nor does a quoted string bring one in.
func TestBytesAbove7FAreRefused(t *testing.T) {
	for c := 0x80; c <= 0xFF; c++ {
		odd := string([]byte{byte(c)})
		if HasToken([]string{"websocket" + odd, odd + "websocket", odd}, "websocket") {
			t.Errorf("%x: HasToken", c)
		}
		_, err := ParseTokens([]string{"a, b" + odd})
		wantGrammarError(t, "ParseTokens", err, "not a token")
		for _, line := range []string{odd, "a" + odd, "a; b" + odd, "a; " + odd, "a; b=" + odd, `a; b="1` + odd + `"`, `a; b="\` + odd + `"`} {
			_, err := ParseExtensions([]string{line})
			wantGrammarError(t, line, err, "")
		}
	}
}

// Inputs that have made other parsers take quadratic time, or worse. At this
// size linear time is some milliseconds, and quadratic time half a minute: the
// bound between them leaves room for a busy machine.
func TestHeaderListsInLinearTime(t *testing.T) {
	const n = 1 << 18
	repeat := strings.Repeat
	for _, c := range []struct {
		name  string
		lines []string
	}{
		{"many headers", slices.Repeat([]string{"foo; bar=\"1\""}, n/6)},
		{"one header, many elements", []string{repeat("foo,", n)}},
		{"many parameters", []string{"foo" + repeat(";a=1", n)}},
		{"a token, spaces, a token", []string{"a" + repeat(" ", n) + "b"}},
		{"spaces between parameters", []string{"a;" + repeat(" ", n) + "b" + repeat(" ", n) + "c"}},
		{"an unterminated quoted string", []string{`a; b="` + repeat("x", 2*n)}},
		{"unterminated, escaped", []string{`a; b="` + repeat(`\"`, n)}},
		{"quotes only", []string{`a; b=` + repeat(`"`, n)}},
		{"empty elements", []string{repeat(" ,\t", n)}},
		{"different tokens", []string{differentTokens(n / 4)}},
		{"quoted strings that end badly", slices.Repeat([]string{`a; b="`}, n/6)},
	} {
		start := time.Now()
		HasToken(c.lines, "websocket")
		ParseTokens(c.lines)
		ParseExtensions(c.lines)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: %v", c.name, took)
		}
	}
}

func differentTokens(n int) string {
	var list []byte
	for i := range n {
		list = append(strconv.AppendInt(list, int64(i), 36), ',')
	}
	return string(list)
}

func FuzzParseTokens(f *testing.F) {
	for _, s := range []string{"", "soap, wamp", "a,,a", "soap\nwamp", "a b", "\n,", "κ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		lines := strings.Split(s, "\n")
		tokens, err := ParseTokens(lines)
		if err != nil {
			wantGrammarError(t, s, err, "")
			return
		}
		if len(tokens) == 0 {
			t.Fatalf("%q: no tokens and no error", s)
		}
		for i, token := range tokens {
			if !IsToken(token) || slices.Contains(tokens[:i], token) || !HasToken(lines, token) {
				t.Fatalf("%q: %q", s, tokens)
			}
		}
		again, err := ParseTokens([]string{strings.Join(tokens, ",")})
		if !slices.Equal(again, tokens) || err != nil {
			t.Fatalf("%q came back as %q, %v", tokens, again, err)
		}
	})
}

func FuzzParseExtensions(f *testing.F) {
	for _, c := range extensionLists {
		f.Add(strings.Join(c.lines, "\n"))
	}
	for _, c := range badExtensionLists {
		f.Add(c.line)
	}
	f.Fuzz(func(t *testing.T, s string) {
		extensions, err := ParseExtensions(strings.Split(s, "\n"))
		if err != nil {
			wantGrammarError(t, s, err, "")
			return
		}
		if len(extensions) == 0 {
			t.Fatalf("%q: no extensions and no error", s)
		}
		var lines []string // the same again, every value quoted and escaped
		for _, e := range extensions {
			line := e.Name
			if !IsToken(e.Name) {
				t.Fatalf("%q: name %q", s, e.Name)
			}
			for _, p := range e.Params {
				if !IsToken(p.Name) || p.Value != "" && !IsToken(p.Value) {
					t.Fatalf("%q: parameter %+v", s, p)
				}
				line += ";" + p.Name
				if p.Value != "" {
					line += `="\` + strings.Join(strings.Split(p.Value, ""), `\`) + `"`
				}
			}
			lines = append(lines, line)
		}
		again, err := ParseExtensions(lines)
		if !reflect.DeepEqual(again, extensions) || err != nil {
			t.Fatalf("%+v came back as %+v, %v", extensions, again, err)
		}
	})
}
