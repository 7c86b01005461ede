// Package gorilla puts github.com/gorilla/websocket to use: a message is read into a buffer that is used again, and
// written with WriteMessage, whose way for servers copies and allocates nothing; write buffers come from a pool, so that a
// connection has one only while it writes.
package gorilla

import (
	"bytes"
	"errors"
	"net/http"
	"sync"
	"unicode/utf8"

	"example.com/tandem/interop/bench/serve"
	"github.com/gorilla/websocket"
)

// Handlers returns the library's handlers.
func Handlers() serve.Handlers {
	return serve.Handlers{Echo: echo(false), Checked: echo(true), Hub: hub(false), SlowHub: hub(true)}
}

var upgrader = websocket.Upgrader{EnableCompression: true, WriteBufferPool: &sync.Pool{}, WriteBufferSize: 4096}

var errNotUTF8 = errors.New("the text is not UTF-8")

func echo(check bool) http.Handler {
	return each(func(c *websocket.Conn, opcode int, b []byte) error {
		if check && opcode == websocket.TextMessage && !utf8.Valid(b) {
			return errNotUTF8
		}
		return c.WriteMessage(opcode, b)
	})
}

// each accepts, and calls fn for each message.
func each(fn func(c *websocket.Conn, opcode int, b []byte) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		receive(c, fn)
	})
}

func receive(c *websocket.Conn, fn func(c *websocket.Conn, opcode int, b []byte) error) {
	c.SetReadLimit(16 << 20)
	var b bytes.Buffer
	for {
		opcode, message, err := c.NextReader()
		if err != nil {
			return
		}
		b.Reset()
		if _, err := b.ReadFrom(message); err != nil {
			return
		}
		if fn(c, opcode, b.Bytes()) != nil {
			return
		}
	}
}
