// Package endpoints has the services that the command tandem offers beside its page. They are there to try a client
// against, and to be read as examples of Handler:
//
//	/echo                   sends back each message
//	/chat                   passes on what one member says to everyone in the room
//	/clock?interval=        tells the time unasked
//	/close?code=&reason=    accepts, then closes with this status code and reason
//
// What a service cannot make sense of in the query is answered with 400 and one line that says why, before the
// connection is made.
package endpoints

import (
	"net/http"

	"example.com/tandem/server"
)

// Paths are where the services are, for the routes of a server that has others beside them.
var Paths = []string{"/echo", "/chat", "/clock", "/close"}

// New returns the services, each at its path, with a chat room of their own. Every connection is accepted with opts;
// only /echo sets the subprotocols itself, and /chat the limits of its messages. opts may be nil, and is not
// modified. The handler may be called by several goroutines.
func New(opts *server.Options) http.Handler {
	if opts == nil {
		opts = new(server.Options)
	}
	mux := http.NewServeMux()
	mux.Handle("/echo", newEcho(*opts))
	mux.Handle("/chat", newChat(*opts))
	mux.Handle("/clock", newClock(*opts))
	mux.Handle("/close", newClose(*opts))
	return mux
}
