package shared

import "strings"

// IsToken reports whether s is a token, the grammar of subprotocols, extension
// names and parameters: one or more of the letters, digits and marks that
// RFC 7230 §3.2.6 lists.
func IsToken(s string) bool {
	for i := range len(s) {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isTokenByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// HasToken reports whether token is an element of the comma lists on lines, the
// values of one header. Case does not matter, in ASCII letters only: U+212A, a
// "K" to Unicode, is none here. RFC 6455 §4.2.1.
func HasToken(lines []string, token string) bool {
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			if equalFoldASCII(strings.Trim(element, " \t"), token) {
				return true
			}
		}
	}
	return false
}

func equalFoldASCII(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lowerASCII(a[i]) != lowerASCII(b[i]) {
			return false
		}
	}
	return true
}

func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

// ParseTokens reads the comma lists of tokens on lines, the values of one
// Sec-WebSocket-Protocol header. No lines, no header, give nil and no error. A
// header that is there has to hold at least one token, none twice (case counts
// here); otherwise the error is a *[GrammarError]. Empty elements between
// commas are skipped, as RFC 7230 §7 asks. RFC 6455 §4.1 and §11.3.4.
func ParseTokens(lines []string) ([]string, error) {
	var tokens []string
	seen := make(map[string]struct{})
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			token := strings.Trim(element, " \t")
			if token == "" {
				continue
			}
			if !IsToken(token) {
				return nil, &GrammarError{quote(token) + " is not a token"}
			}
			if _, twice := seen[token]; twice {
				return nil, &GrammarError{quote(token) + " stands there twice"}
			}
			seen[token] = struct{}{}
			tokens = append(tokens, token)
		}
	}
	if tokens == nil && lines != nil {
		return nil, &GrammarError{"the list is empty"}
	}
	return tokens, nil
}

// An Extension is an extension as offered or accepted. RFC 6455 §9.1.
type Extension struct {
	Name   string
	Params []Param // in the order in which they stand, repeated ones included
}

// A Param is a parameter of an [Extension].
type Param struct {
	Name  string
	Value string // unquoted; "" when there is none, for it cannot be empty
}

// ParseExtensions reads the lists of extensions on lines, the values of one
// Sec-WebSocket-Extensions header, in the order in which they stand. No lines,
// no header, give nil and no error. A header that is there has to hold at least
// one extension, and a quoted value has to unquote to a token; otherwise the
// error is a *[GrammarError]. Empty elements between commas are skipped, as
// RFC 7230 §7 asks. Its time is linear in the length of lines. RFC 6455 §9.1.
func ParseExtensions(lines []string) ([]Extension, error) {
	var extensions []Extension
	for _, line := range lines {
		for rest := skipSpace(line); rest != ""; {
			if rest[0] == ',' {
				rest = skipSpace(rest[1:])
				continue
			}
			extension, after, err := parseExtension(rest)
			if err != nil {
				return nil, err
			}
			if after != "" && after[0] != ',' {
				return nil, &GrammarError{"unexpected " + quote(after) + " behind " + quote(extension.Name)}
			}
			extensions = append(extensions, extension)
			rest = after
		}
	}
	if extensions == nil && lines != nil {
		return nil, &GrammarError{"the list is empty"}
	}
	return extensions, nil
}

// parseExtension reads one extension and its parameters, up to a comma, the
// end, or what does not belong there.
func parseExtension(s string) (e Extension, rest string, err error) {
	if e.Name, rest = cutToken(s); e.Name == "" {
		return e, rest, &GrammarError{"no extension at " + quote(s)}
	}
	for rest = skipSpace(rest); rest != "" && rest[0] == ';'; rest = skipSpace(rest) {
		var p Param
		at := skipSpace(rest[1:])
		if p.Name, rest = cutToken(at); p.Name == "" {
			return e, rest, &GrammarError{"no parameter of " + quote(e.Name) + " at " + quote(at)}
		}
		rest = skipSpace(rest)
		if rest != "" && rest[0] == '=' {
			at = skipSpace(rest[1:])
			if p.Value, rest = cutValue(at); p.Value == "" {
				return e, rest, &GrammarError{"no value of " + quote(p.Name) + " at " + quote(at)}
			}
		}
		e.Params = append(e.Params, p)
	}
	return e, rest, nil
}

// cutValue cuts a token, or a quoted string that unquotes to one, off the front
// of s; value is "" if there is neither.
func cutValue(s string) (value, rest string) {
	if s == "" || s[0] != '"' {
		return cutToken(s)
	}
	var unquoted []byte
	for i := 1; i < len(s); i++ {
		c := s[i]
		if c == '"' {
			return string(unquoted), s[i+1:]
		}
		if c == '\\' && i+1 < len(s) {
			i++
			c = s[i]
		}
		if !isTokenByte(c) {
			break
		}
		unquoted = append(unquoted, c)
	}
	return "", s
}

// cutToken cuts the longest token off the front of s, "" if there is none.
func cutToken(s string) (token, rest string) {
	i := 0
	for i < len(s) && isTokenByte(s[i]) {
		i++
	}
	return s[:i], s[i:]
}

func skipSpace(s string) string { return strings.TrimLeft(s, " \t") }

// A GrammarError says what is wrong with the value of a handshake's header.
type GrammarError struct {
	Problem string // with the offending value, quoted and cut
}

// Error gives the problem on one line.
func (e *GrammarError) Error() string { return "websocket: malformed header: " + e.Problem }
