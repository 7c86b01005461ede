// Package nhooyr puts nhooyr.io/websocket to use: a message is read into a buffer that is used again, and written as one
// frame.
package nhooyr

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"unicode/utf8"

	"example.com/tandem/interop/bench/serve"
	"nhooyr.io/websocket"
)

// Handlers returns the library's handlers.
func Handlers() serve.Handlers {
	return serve.Handlers{Echo: echo(false), Checked: echo(true), Hub: hub(false), SlowHub: hub(true)}
}

var options = &websocket.AcceptOptions{CompressionMode: websocket.CompressionNoContextTakeover}

var errNotUTF8 = errors.New("the text is not UTF-8")

func echo(check bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, options)
		if err != nil {
			return
		}
		defer c.CloseNow()
		receive(r.Context(), c, func(typ websocket.MessageType, b []byte) error {
			if check && typ == websocket.MessageText && !utf8.Valid(b) {
				return errNotUTF8
			}
			return c.Write(r.Context(), typ, b)
		})
	})
}

// receive calls fn for each message.
func receive(ctx context.Context, c *websocket.Conn, fn func(typ websocket.MessageType, b []byte) error) {
	c.SetReadLimit(16 << 20)
	var b bytes.Buffer
	for {
		typ, message, err := c.Reader(ctx)
		if err != nil {
			return
		}
		b.Reset()
		if _, err := b.ReadFrom(message); err != nil {
			return
		}
		if fn(typ, b.Bytes()) != nil {
			return
		}
	}
}
