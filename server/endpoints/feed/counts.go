package feed

import (
	"net/http"
	"sync/atomic"
)

// A transport is one of the ways in which a feed reaches a client.
type transport int

const (
	transportPoll transport = iota
	transportLongPoll
	transportEvents
	transportSocket
	transportSignal // carries no messages of the feed
	transports
)

var transportNames = [transports]string{"poll", "longpoll", "events", "socket", "signal"}

// A tally is what a transport has cost so far.
type tally struct {
	requests    atomic.Int64
	notModified atomic.Int64 // of them, answered with 304
	in, out     atomic.Int64 // bytes on the connections, headers included, seen from the server
}

// byTransport has the requests of a handler, and the bytes of their connections, counted for a transport.
func byTransport(t transport, fn handler) handler {
	return func(w http.ResponseWriter, r *http.Request, f *feed) {
		f.tallies[t].requests.Add(1)
		charge(r, &f.tallies[t])
		fn(w, r, f)
	}
}

// A cost is a tally as JSON has it.
type cost struct {
	Requests    int64 `json:"requests"`
	NotModified int64 `json:"notModified"`
	In          int64 `json:"in"`
	Out         int64 `json:"out"`
}

// counts tells what was published and what each transport has cost. counted says whether bytes are: they are where Count
// was called, and over HTTP/1.1, in which a connection serves one request after the other.
func counts(w http.ResponseWriter, r *http.Request, f *feed) {
	costs := make(map[string]cost, transports)
	for t := range f.tallies {
		c := &f.tallies[t]
		costs[transportNames[t]] = cost{c.requests.Load(), c.notModified.Load(), c.in.Load(), c.out.Load()}
	}
	w.Header().Set("Cache-Control", "no-store")
	answer(w, http.StatusOK, struct {
		Published  uint64          `json:"published"`
		Counted    bool            `json:"counted"`
		Transports map[string]cost `json:"transports"`
	}{f.published(), countedConn(r) != nil, costs})
}
