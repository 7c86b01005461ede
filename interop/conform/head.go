package conform

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"strings"
)

// maxHead is the longest head of an HTTP message that the suite reads from a tested peer.
const maxHead = 64 << 10

// A head is what precedes the body of an HTTP message, as it came.
type head struct {
	raw    []byte
	line   string  // the request line or the status line
	fields []field // in their order
}

// A field is one header line.
type field struct {
	name  string // as it was written
	value string // without the blanks around it
}

// readHead reads up to and with the empty line, and not a byte further.
func readHead(r *bufio.Reader) (h head, err error) {
	for {
		line, err := r.ReadSlice('\n')
		h.raw = append(h.raw, line...)
		if err != nil && err != bufio.ErrBufferFull {
			return h, cut(err)
		}
		if len(h.raw) > maxHead {
			return h, errors.New("a header of more than 64 KiB")
		}
		if err == nil && strings.HasSuffix(string(h.raw[max(0, len(h.raw)-4):]), "\r\n\r\n") {
			break
		}
	}
	lines := strings.Split(strings.TrimSuffix(string(h.raw), "\r\n\r\n"), "\r\n")
	h.line = lines[0]
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok || name == "" || strings.ContainsAny(name, " \t") {
			return h, errors.New("a header line that is none: " + line)
		}
		h.fields = append(h.fields, field{name, strings.Trim(value, " \t")})
	}
	return h, nil
}

// all returns the values of the fields with that name, in their order.
func (h head) all(name string) (values []string) {
	for _, f := range h.fields {
		if strings.EqualFold(f.name, name) {
			values = append(values, f.value)
		}
	}
	return values
}

// one returns the value of the field with that name, if there is exactly one.
func (h head) one(name string) (value string, ok bool) {
	values := h.all(name)
	if len(values) != 1 {
		return "", false
	}
	return values[0], true
}

// has reports whether a list in the fields of that name has the token, in any case of letters.
func (h head) has(name, token string) bool {
	for _, value := range h.all(name) {
		for element := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.Trim(element, " \t"), token) {
				return true
			}
		}
	}
	return false
}

// acceptKey is what answers a Sec-WebSocket-Key (RFC 6455 §4.2.2).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}
