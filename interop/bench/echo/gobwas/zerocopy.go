package gobwas

import (
	"io"
	"log"
	"net"
	"runtime/debug"

	"github.com/gobwas/ws"
)

// ServeZeroCopy is the readme's way to hold many connections: the handshake on the bare TCP connection, without net/http,
// and no buffer that outlives a message.
func ServeZeroCopy(addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	u := ws.Upgrader{OnRequest: func(uri []byte) error {
		if string(uri) == "/free" {
			debug.FreeOSMemory()
			return ws.RejectConnectionError(ws.RejectionStatus(200))
		}
		return nil
	}}
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			if _, err := u.Upgrade(c); err != nil {
				return
			}
			for {
				if err := echoFrame(c); err != nil {
					if err != io.EOF {
						log.Print(err)
					}
					return
				}
			}
		}()
	}
}

func echoFrame(c net.Conn) error {
	h, err := ws.ReadHeader(c)
	if err != nil {
		return err
	}
	payload := make([]byte, h.Length)
	if _, err := io.ReadFull(c, payload); err != nil {
		return err
	}
	ws.Cipher(payload, h.Mask, 0)
	h.Masked, h.Mask = false, [4]byte{}
	return ws.WriteFrame(c, ws.NewFrame(h.OpCode, h.Fin, payload))
}
