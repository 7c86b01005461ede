package server

import (
	"net/http"
	"slices"
	"strings"

	"example.com/tandem/shared"
)

// The handshake's own header fields: an application that sets one of them would contradict it.
var handshakeFields = []string{
	"Connection", "Content-Length", "Host", "Keep-Alive", "Proxy-Connection",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// checkHeader finds what must not stand among the header lines that an application adds to a handshake: names
// and values that would break the header apart, and the handshake's own fields. It names fields, never their
// values, which may be secret.
func checkHeader(h http.Header) *OptionError {
	for name := range h {
		if isHandshakeField(name) {
			return &OptionError{"Header", quote(name) + " belongs to the handshake itself"}
		}
	}
	return checkHeaderGrammar(h)
}

// isHandshakeField reports whether name is one of the handshake's own fields, in any spelling.
func isHandshakeField(name string) bool {
	name = http.CanonicalHeaderKey(name)
	return slices.Contains(handshakeFields, name) || strings.HasPrefix(name, "Sec-Websocket-")
}

// checkHeaderGrammar refuses names that are not tokens and values with control characters (RFC 9110 §5.5).
func checkHeaderGrammar(h http.Header) *OptionError {
	for name, values := range h {
		if !shared.IsToken(name) {
			return &OptionError{"Header", quote(name) + " is not a header name"}
		}
		for _, value := range values {
			if strings.ContainsFunc(value, isControl) {
				return &OptionError{"Header", "the value of " + name + " has a control character (CR, LF, ...)"}
			}
		}
	}
	return nil
}

// isControl reports whether c may not stand inside a line of a header.
func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// checkSubprotocols refuses subprotocols that are not unique, non-empty tokens (RFC 6455 §4.1).
func checkSubprotocols(list []string) *OptionError {
	for i, subprotocol := range list {
		if !shared.IsToken(subprotocol) {
			return &OptionError{"Subprotocols", quote(subprotocol) + " is not a token"}
		}
		if slices.Contains(list[:i], subprotocol) {
			return &OptionError{"Subprotocols", quote(subprotocol) + " stands there twice"}
		}
	}
	return nil
}

// describesBody reports whether a field tells of a body, which a response that accepts does not have.
func describesBody(name string) bool {
	switch http.CanonicalHeaderKey(name) {
	case "Content-Encoding", "Content-Range", "Content-Type", "Etag", "Last-Modified":
		return true
	}
	return false
}
