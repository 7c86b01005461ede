// Package bare is what a connection costs that net/http has handed over, before any library does anything: its handler
// waits for one byte that never comes.
package bare

import (
	"bufio"
	"io"
	"net/http"

	"example.com/tandem/interop/bench/serve"
)

// Handlers returns a mute handler. If emptied is set, what net/http had buffered with is given back.
func Handlers(emptied bool) serve.Handlers {
	return serve.Handlers{Echo: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer c.Close()
		if emptied {
			*rw.Reader, *rw.Writer = bufio.Reader{}, bufio.Writer{}
		}
		_, err = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n") // the load's key is the RFC's example
		if err != nil {
			return
		}
		var b [1]byte
		c.Read(b[:])
	})}
}
