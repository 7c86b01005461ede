package feed

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// socket sends each message as a text message of its own: its number, a space, and the text. What the client sends is
// ignored.
func socket(opts server.Options) handler {
	return func(w http.ResponseWriter, r *http.Request, f *feed) {
		cursor, err := f.cursor(r.URL.Query().Get("after"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		server.Handler(func(ctx context.Context, c *server.Conn) error {
			ctx, stop := context.WithCancel(ctx)
			var sending sync.WaitGroup
			sending.Go(func() { sendAll(ctx, c, f, cursor) })
			defer sending.Wait()
			defer stop()
			for {
				if _, _, err := c.NextReader(ctx); err != nil { // somebody has to see Ping and Close
					return err
				}
			}
		}, &opts).ServeHTTP(w, r)
	}
}

// sendAll sends what is published until it cannot: the receiver gets to know why.
func sendAll(ctx context.Context, c *server.Conn, f *feed, cursor uint64) {
	var line []byte
	for f.await(ctx, cursor) {
		news := f.after(cursor)
		for i, text := range news.Messages {
			line = append(strconv.AppendUint(line[:0], news.number(i), 10), ' ')
			line = append(line, text...)
			if c.Send(ctx, shared.Message{Opcode: shared.OpcodeText, Payload: line}) != nil {
				return
			}
		}
		cursor = news.Next
	}
}

// publish takes messages for the feed.
func publish(opts server.Options) handler {
	opts.Limits.Message = maxText
	return func(w http.ResponseWriter, r *http.Request, f *feed) {
		server.Handler(func(ctx context.Context, c *server.Conn) error {
			for {
				m, err := c.Receive(ctx)
				if err != nil {
					return err
				}
				if m.Opcode != shared.OpcodeText {
					return &shared.CloseError{Code: shared.StatusUnsupportedData, Reason: "a message of the feed is text"}
				}
				if strings.ContainsAny(m.String(), "\r\n") { // an event could not carry it as it is
					return &shared.CloseError{Code: shared.StatusPolicyViolation, Reason: "a message of the feed is one line"}
				}
				f.publish(m.String())
			}
		}, &opts).ServeHTTP(w, r)
	}
}
