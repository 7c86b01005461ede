package broken

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"strings"
)

const maxHead = 64 << 10 // bytes of a request's or answer's header

// A head is a request or an answer, up to the empty line (RFC 9112 §2.1).
type head struct {
	start  string
	fields []field
	fault  *Fault
}

type field struct{ name, value string }

var (
	errMalformed = errors.New("malformed header")
	errTooLong   = errors.New("header too long")
)

// readHead reads to the letter: CR LF, names that are tokens. Folded lines go on after a blank (RFC 9112 §5.2).
func (p *peer) readHead() (head, error) {
	if p.fault == OneRead || p.fault == OneReadAnswer {
		p.in.Peek(1)
		b, _ := p.in.Peek(p.in.Buffered())
		if !bytes.Contains(b, []byte("\r\n\r\n")) {
			return head{}, errHangUp
		}
	}
	h := head{fault: p.fault}
	for size := 0; ; {
		line, err := p.readLine(&size)
		switch {
		case err != nil:
			return h, err
		case h.start == "" && line != "":
			h.start = line
			continue
		case h.start == "":
			return h, errMalformed
		case line == "":
			return h, nil
		}
		if last := len(h.fields) - 1; last >= 0 && (line[0] == ' ' || line[0] == '\t') {
			if p.fault != SkipsFolded {
				h.fields[last].value += " " + strings.Trim(line, " \t")
			}
			continue
		}
		name, value, found := strings.Cut(line, ":")
		if (!found || !isToken(name)) && !(p.fault == TakesMalformedLine && line[0] > ' ') {
			return h, errMalformed
		}
		h.fields = append(h.fields, field{name, strings.Trim(value, " \t")})
	}
}

func (p *peer) readLine(size *int) (string, error) {
	var line []byte
	for {
		c, err := p.in.ReadByte()
		if err != nil {
			if p.fault == HangsOnCutAnswer {
				<-p.done
			}
			return "", whole(err)
		}
		if *size++; *size > maxHead && p.fault != EndlessAnswer {
			return "", errTooLong
		}
		if *size > 1<<10 && p.fault == DiesOfLongHeader {
			return "", errHangUp
		}
		switch {
		case c != '\n':
			if p.fault != EndlessAnswer || len(line) < maxHead {
				line = append(line, c)
			}
			continue
		case bytes.HasSuffix(line, []byte("\r")):
			line = line[:len(line)-1]
		default:
			return "", errMalformed
		}
		if bytes.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }) {
			return "", errMalformed
		}
		return string(line), nil
	}
}

// values are those of the lines of that name.
func (h head) values(name string) (values []string) {
	for _, f := range h.fields {
		same := strings.EqualFold(f.name, name)
		if h.fault == CaseSensitiveNames || h.fault == WantsSpelling {
			same = f.name == name
		}
		if same {
			values = append(values, f.value)
		}
	}
	if h.fault == FirstLineOnly {
		values = values[:min(len(values), 1)]
	}
	return values
}

// lists reports whether the lists of that name have the token.
func (h head) lists(name, token string) bool {
	for _, value := range h.values(name) {
		if h.fault == NoLists {
			return strings.EqualFold(value, token)
		}
		for element := range strings.SplitSeq(value, ",") {
			element = strings.Trim(element, " \t")
			if element == token || strings.EqualFold(element, token) && isToken(element) &&
				h.fault != CaseSensitiveTokens && h.fault != WantsSpelling {
				return true
			}
		}
	}
	return false
}

// tokens are the elements of the lists of that name; ok is false if one is no token, stands there twice, or none is.
func (h head) tokens(name string) (tokens []string, ok bool) {
	values := h.values(name)
	for _, value := range values {
		for element := range strings.SplitSeq(value, ",") {
			element = strings.Trim(element, " \t")
			if element == "" {
				continue
			}
			if !isToken(element) || slices.Contains(tokens, element) {
				return nil, false
			}
			tokens = append(tokens, element)
		}
	}
	return tokens, len(tokens) > 0 || len(values) == 0
}

// acceptKey is the answer to a key (RFC 6455 §4.2.2).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func isKey(s string) bool {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	return err == nil && len(b) == 16
}

// writeHead sends lines and the empty line behind them.
func writeHead(w io.Writer, ending string, lines ...string) error {
	lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
	_, err := io.WriteString(w, strings.Join(lines, ending)+ending+ending)
	return err
}
