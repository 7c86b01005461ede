package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// An Answer is what both ends of a played composition saw.
type Answer struct {
	Request  string    `json:"request"`  // as it was sent
	Response string    `json:"response"` // as the client received it; of a refusal with its body
	Server   []event   `json:"server"`   // what a Trace showed; nothing if the handshake was refused
	Lost     uint64    `json:"lost"`     // how many more events there were, before these
	Client   []sighted `json:"client"`   // after the handshake
}

// newComposer returns the service that plays compositions, as many at a time as the limits say.
func newComposer(l limits) http.Handler {
	places := make(chan struct{}, l.compositions)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := parseComposition(http.MaxBytesReader(w, r.Body, maxComposed))
		if err != nil {
			status := http.StatusBadRequest
			if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
				status = http.StatusRequestEntityTooLarge
			}
			http.Error(w, err.Error(), status)
			return
		}
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			unavailable(w, l.compositions, "compositions being played")
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), l.playing)
		defer cancel()
		played, err := perform(ctx, c, l)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, played)
	})
}

// perform plays a composition between a client and a server of its own.
func perform(ctx context.Context, c Composition, l limits) (*Answer, error) {
	near, far, err := loopback(ctx)
	if err != nil {
		return nil, err
	}
	seen := newTape("", l)
	h := newHost(far, c, seen)
	p := &player{tcp: near, limits: l, request: c.request()}
	h.close(p.play(ctx, c))
	recorded := seen.after(0)
	return &Answer{p.request, string(p.response), recorded.Events, recorded.Lost, p.notes}, nil
}

// answer writes a value as JSON.
func answer(w http.ResponseWriter, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err) // strings and numbers: it cannot happen
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Content-Type", "application/json")
	header.Set("X-Content-Type-Options", "nosniff")
	w.Write(body) // an error means that the client has gone
}

// A sighted thing is what the client did, or what reached it. Its time is in milliseconds since 1970.
type sighted struct {
	Time  float64   `json:"time"`
	By    string    `json:"by"`              // client or server
	What  string    `json:"what"`            // bytes, FIN, RST, close_notify, or in words what went wrong
	Bytes wireBytes `json:"bytes,omitempty"` // for "bytes"
}

func (p *player) note(by, what string, b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.active = time.Now()
	if len(p.notes) < maxNotes {
		p.notes = append(p.notes, sighted{Time: milliseconds(p.active), By: by, What: what, Bytes: bytes.Clone(b)})
	}
}
