// Package endpoints has the services that the command tandem offers beside its page. They are there to try a client
// against, and to be read as examples of Handler:
//
//	/echo                   sends back each message
//	/chat                   passes on what one member says to everyone in the room
//	/clock?interval=        tells the time unasked
//	/close?code=&reason=    accepts, then closes with this status code and reason
//	/feed, /feed/           the same messages by several transports: see package feed
//	/tapes/                 the frames of a page's own connections: see package wire
//	/compositions           plays connections that no browser makes: see package wire
//
// What a service cannot make sense of in the query is answered with 400 and one line that says why, before the
// connection is made.
package endpoints

import (
	"net/http"

	"example.com/tandem/server"
	"example.com/tandem/server/endpoints/feed"
	"example.com/tandem/server/endpoints/wire"
)

// Paths are where the services are, for the routes of a server that has others beside them.
var Paths = []string{"/echo", "/chat", "/clock", "/close", "/feed", "/feed/", "/tapes/", "/compositions"}

// New returns the services, each at its path, with a chat room of their own. Every connection is accepted with opts;
// only /echo sets the subprotocols itself, and /chat and /feed the limits of their messages. The connections of all but
// /feed are traced for the page that opened them too, if it asks for that. opts may be nil, and is not modified. The
// handler may be called by several goroutines.
func New(opts *server.Options) http.Handler {
	if opts == nil {
		opts = new(server.Options)
	}
	mux := http.NewServeMux()
	tapes, traced := wire.New(), *opts
	traced.Trace = tapes.Trace(opts.Trace)
	mux.Handle("/echo", newEcho(traced))
	mux.Handle("/chat", newChat(traced))
	mux.Handle("/clock", newClock(traced))
	mux.Handle("/close", newClose(traced))
	mux.Handle("/tapes/", tapes)
	mux.Handle("/compositions", tapes)
	feeds := feed.New(opts)
	mux.Handle("/feed", feeds)
	mux.Handle("/feed/", feeds)
	return mux
}
