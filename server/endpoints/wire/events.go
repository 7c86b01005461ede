package wire

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// events is a stream of server-sent events (the HTML standard, section 9.2): one for each batch. Its id names the tape
// and the number of the last event, so that an EventSource that was cut goes on where it was; a new one says so in
// the query, ?after=. An id of another tape, or none, begins at the beginning of what is kept.
func (t *Tapes) events(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	if !tokens.MatchString(token) {
		http.Error(w, "the token is 22 to 64 letters, digits, - and _", http.StatusBadRequest)
		return
	}
	used := t.take(token)
	if used == nil {
		unavailable(w, t.limits.tapes, "pages that look at their frames")
		return
	}
	defer t.leave(used)
	if !t.listen(used) {
		unavailable(w, t.limits.listeners, "listeners")
		return
	}
	defer t.unlisten(used)

	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)

	cursor := used.cursor(cmp.Or(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after")))
	stream := http.NewResponseController(w)
	leave := func() { stream.SetWriteDeadline(time.Now().Add(time.Second)) } // for the end of the response; who reads takes it at once
	defer context.AfterFunc(r.Context(), leave)()
	pending := []byte("retry: 1000\n\n")
	for {
		stream.SetWriteDeadline(time.Now().Add(t.limits.stall)) // if it cannot be set, the network's own limit holds
		if r.Context().Err() != nil {                           // it may have ended before the deadline was set
			leave()
			return
		}
		if _, err := w.Write(pending); err != nil || stream.Flush() != nil {
			return
		}
		if pending, cursor = used.nextBatch(r.Context(), cursor, pending[:0]); pending == nil {
			return
		}
	}
}

func (t *Tapes) listen(used *tape) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if used.listeners >= t.limits.listeners {
		return false
	}
	used.listeners++
	return true
}

func (t *Tapes) unlisten(used *tape) {
	t.mu.Lock()
	defer t.mu.Unlock()
	used.listeners--
}

// nextBatch waits for events after the cursor and appends them as one server-sent event to b; or a comment after long
// silence. It gives nil when ctx has ended.
func (t *tape) nextBatch(ctx context.Context, cursor uint64, b []byte) ([]byte, uint64) {
	patience, cancel := context.WithTimeout(ctx, t.limits.silence)
	defer cancel()
	if !t.await(patience, cursor) {
		if ctx.Err() != nil {
			return nil, 0
		}
		return append(b, ":\n\n"...), cursor
	}
	if !pause(ctx, t.limits.pace) { // what comes meanwhile goes into the same batch
		return nil, 0
	}
	news := t.after(cursor)
	text, err := json.Marshal(news)
	if err != nil {
		panic(err) // strings and numbers: it cannot happen
	}
	b = append(b, "id: "+t.name+"-"...)
	b = strconv.AppendUint(b, news.Next, 10)
	b = append(b, "\ndata: "...)
	b = append(b, text...)
	return append(b, "\n\n"...), news.Next
}

// pause waits, or reports false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// cursor is the number in an id of this tape, and 0 for any other id.
func (t *tape) cursor(id string) uint64 {
	number, ours := strings.CutPrefix(id, t.name+"-")
	n, err := strconv.ParseUint(number, 10, 64)
	if !ours || err != nil || n > t.published() {
		return 0
	}
	return n
}
