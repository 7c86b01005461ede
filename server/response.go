package server

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"example.com/tandem/shared"
)

const (
	maxResponseHeader = 64 << 10 // bytes, with the status line and the empty line
	maxRefusalBody    = 1 << 10  // bytes kept of the body of an answer that refuses
)

// A response is what a server, or a proxy, answered.
type response struct {
	*http.Response
	header []byte // as it was received
	behind []byte // what was received behind it
}

// readResponse reads the answer to request from nc, to the letter: see checkLines. Interim answers before it are skipped
// (RFC 9110 §15.2). It reads no body, but may have received the beginning of one.
func readResponse(nc io.Reader, request *http.Request) (response, error) {
	var behind []byte
	for skipped := 0; ; {
		header, rest, err := readHeader(nc, behind)
		if err != nil {
			return response{}, err
		}
		if err := checkLines(header); err != nil {
			return response{}, err
		}
		// The parser finds the end of the header in what it is given; beyond that it reads only for the body.
		all := io.MultiReader(bytes.NewReader(header), bytes.NewReader(rest), nc)
		r, err := http.ReadResponse(bufio.NewReader(all), request)
		if err != nil || r.StatusCode >= 200 || r.StatusCode == http.StatusSwitchingProtocols {
			return response{r, header, rest}, err
		}
		if skipped += len(header); skipped > maxResponseHeader {
			return response{}, errHeaderTooLong
		}
		behind = rest
	}
}

var errHeaderTooLong = errors.New("its header is longer than 64 KiB")

// readHeader reads up to the empty line that ends a header; begun is what was received of it before. Each byte is looked
// at a bounded number of times, however small the pieces are in which they come.
func readHeader(r io.Reader, begun []byte) (header, behind []byte, err error) {
	const protocol, ending = "HTTP/1.", "\r\n\r\n"
	b := append(make([]byte, 0, 1<<10), begun...)
	for seen := 0; ; {
		if begin := string(b[:min(len(b), len(protocol))]); !strings.HasPrefix(protocol, begin) {
			return nil, nil, errors.New("it is not HTTP/1.1 but begins with " + quote(begin))
		}
		end := len(b)
		i := bytes.Index(b[seen:], []byte(ending))
		if i >= 0 {
			end = seen + i + len(ending)
		}
		switch {
		case end > maxResponseHeader:
			return nil, nil, errHeaderTooLong
		case i >= 0:
			return b[:end:end], b[end:], nil
		case err == io.EOF:
			return nil, nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, nil, err
		}
		seen = max(0, len(b)-len(ending)+1)
		b = slices.Grow(b, 512)
		var n int
		n, err = r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
	}
}

// checkLines refuses what a lenient parser would let pass: control characters, bare CR and LF, names that are not tokens
// (RFC 9112 §2.2, §5). A line that is folded goes on after a blank (§5.2).
func checkLines(header []byte) error {
	lines := strings.Split(strings.TrimSuffix(string(header), "\r\n\r\n"), "\r\n")
	for i, line := range lines {
		if strings.ContainsFunc(line, isControl) {
			return errors.New("its header has a control character in " + quote(line))
		}
		if i > 1 && (strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")) {
			continue
		}
		if name, _, found := strings.Cut(line, ":"); i > 0 && !(found && shared.IsToken(name)) {
			return errors.New("its header has the malformed line " + quote(line))
		}
	}
	return nil
}

// refused is the error for an answer with another status than the one hoped for.
func (r response) refused(problem string) error {
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxRefusalBody)) // what there is of it
	return &HandshakeError{Status: r.StatusCode, Problem: problem, Header: r.Header, Body: body}
}

// verify checks that the server agreed to what was asked of it and nothing else (RFC 6455 §4.1). What it chose goes into
// s.
func (r response) verify(key string, offered []string, s *setup) error {
	if r.StatusCode != http.StatusSwitchingProtocols {
		return r.refused("the server did not switch protocols")
	}
	broken := func(problem string) error {
		return &HandshakeError{Status: r.StatusCode, Problem: problem, Header: r.Header}
	}
	upgrade := r.Header.Values("Upgrade")
	accept := r.Header.Values("Sec-WebSocket-Accept")
	chosen := r.Header.Values("Sec-WebSocket-Protocol")
	extensions, err := shared.ParseExtensions(r.Header.Values("Sec-WebSocket-Extensions"))
	switch {
	case r.ProtoMinor != 1:
		return broken("the server answered in " + r.Proto + ", not in HTTP/1.1")
	case len(upgrade) != 1 || asciiLower(upgrade[0]) != "websocket":
		return broken("the server's Upgrade is not websocket, once")
	case !shared.HasToken(r.Header.Values("Connection"), "Upgrade"):
		return broken("the server's Connection does not list Upgrade")
	case len(accept) != 1 || accept[0] != acceptKey(key):
		return broken("the server's Sec-WebSocket-Accept does not answer the key, once")
	case err != nil:
		return broken("the server's Sec-WebSocket-Extensions is malformed")
	case len(chosen) > 1:
		return broken("the server chose several subprotocols")
	case len(chosen) == 1 && !slices.Contains(offered, chosen[0]):
		return broken("the server chose the subprotocol " + quote(chosen[0]) + ", which was not offered")
	}
	if s.compression, err = s.policy.agree(extensions); err != nil {
		return broken(err.Error())
	}
	if len(chosen) == 1 {
		s.subprotocol = chosen[0]
	}
	return nil
}
