package server

import "net/http"

// Options are what Accept and Handler go by. The zero value, or nil, is a strict server: same-origin pages only, no
// subprotocol, the default Limits. They are not modified, and may be shared by any number of connections.
type Options struct {
	Limits Limits // what each connection may cost

	// Subprotocols are those that the server speaks, in its order of preference. The first that the client offers too
	// is chosen; if there is none, the connection has no subprotocol (RFC 6455 §4.2.2).
	Subprotocols []string

	// Compression is how messages are compressed, with clients that offer it. nil: they are not.
	Compression *Compression

	// Origins are patterns of the origins that are allowed beside the server's own (RFC 6455 §10.2):
	// "example.com", "*.example.com", "https://app.example.com:8443", "http://localhost:*", "null", "file://", or "*" for any.
	// Without a scheme, http and https are meant; without a port, the scheme's own. Behind a proxy that changes Host,
	// the public name has to be listed. A pattern that can't match is an error of Accept, not silence.
	// A request without an Origin header does not come from a page and is allowed.
	Origins []string

	// Header is added to the response of the opening handshake, for cookies and the like.
	Header http.Header

	// Trace is asked for what a connection is to be traced with, once it is sure to be accepted; its answer may be nil.
	Trace func(*http.Request) *Trace

	// Registry counts, caps and shuts down the connections that name it.
	Registry *Registry
}
