// Package site serves what the command tandem serves, for programs that look at the page with a browser of their own.
package site

import (
	"net"
	"net/http"

	"example.com/tandem/server"
	"example.com/tandem/server/endpoints"
	"example.com/tandem/server/endpoints/feed"
	"example.com/tandem/web"
)

// Serve serves the page and its services on a TCP listener until the server that it returns is closed, which leaves
// WebSocket connections open. Messages are compressed with clients that offer it. Opening handshakes are recorded and the
// bytes of feeds counted, for the views that show them. It may be called by several goroutines; each call has services,
// and a chat room, of its own.
func Serve(l net.Listener) *http.Server {
	services := endpoints.New(&server.Options{Compression: &server.Compression{}})
	mux := http.NewServeMux()
	mux.Handle("/", web.Handler())
	for _, path := range endpoints.Paths {
		mux.Handle(path, services)
	}
	s := &http.Server{Handler: mux}
	feed.Count(s)
	go s.Serve(feed.Counting(server.RecordHandshakes(l))) // in this order, for the connection to be given away as it was
	return s
}
