package feed

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// events is a stream of server-sent events (the HTML standard, section 9.2): each message with its number as its id, so
// that an EventSource that was cut goes on where it was, by Last-Event-ID. The query says where a new one begins.
func (s *feeds) events(w http.ResponseWriter, r *http.Request, f *feed) {
	cursor, err := f.cursor(r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", "text/event-stream")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)

	stream := http.NewResponseController(w)
	leave := func() { stream.SetWriteDeadline(time.Now().Add(time.Second)) } // for the end of the response; who reads takes it at once
	defer context.AfterFunc(r.Context(), leave)()
	pending := []byte("retry: 1000\n\n")
	for {
		stream.SetWriteDeadline(time.Now().Add(s.limits.stall)) // if it cannot be set, the network's own limit holds
		if r.Context().Err() != nil {                           // it may have ended before the deadline was set
			leave()
			return
		}
		if _, err := w.Write(pending); err != nil || stream.Flush() != nil {
			return
		}
		if pending, cursor, err = s.nextEvents(r.Context(), f, cursor, pending[:0]); err != nil {
			return
		}
	}
}

// nextEvents waits for messages after the cursor and appends them as events to b; or a comment after long silence.
func (s *feeds) nextEvents(ctx context.Context, f *feed, cursor uint64, b []byte) ([]byte, uint64, error) {
	patience, cancel := context.WithTimeout(ctx, s.limits.silence)
	defer cancel()
	if !f.await(patience, cursor) {
		return append(b, ":\n\n"...), cursor, ctx.Err()
	}
	news := f.after(cursor)
	for i, text := range news.Messages {
		b = append(b, "id: "...)
		b = strconv.AppendUint(b, news.number(i), 10)
		b = append(b, "\ndata: "...)
		b = append(b, text...)
		b = append(b, "\n\n"...)
	}
	return b, news.Next, nil
}
