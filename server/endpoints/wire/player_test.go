package wire

import (
	"crypto/tls"
	"errors"
	"io"
	"syscall"
	"testing"
	"time"
)

// Each way to end is what the other side of the connection sees it to be.
func TestPlayerEnds(t *testing.T) {
	for _, test := range []struct {
		end    End
		secure bool
		want   error
		fin    bool // TCP has ended
	}{
		{EndFIN, false, io.EOF, true},
		{EndRST, false, syscall.ECONNRESET, false},
		{EndFIN, true, io.EOF, true},
		{EndRST, true, syscall.ECONNRESET, false},
		{EndCloseNotify, true, io.EOF, false},
	} {
		near, far, err := loopback(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		near.SetDeadline(time.Now().Add(5 * time.Second))
		far.SetDeadline(time.Now().Add(5 * time.Second))
		p, under := &player{tcp: near, conn: near}, &below{Conn: far}
		far = under
		if test.secure {
			p.conn, far = tls.Client(near, clientTLS()), tls.Server(under, serverTLS())
		}
		ended := make(chan error, 1)
		go func() {
			if _, err := far.Read(make([]byte, 1)); err != nil {
				ended <- err
				return
			}
			_, err := far.Read(make([]byte, 1))
			ended <- err
		}()
		if _, err := p.conn.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
		p.end(test.end)
		if err := <-ended; !errors.Is(err, test.want) || under.ended != test.fin {
			t.Errorf("%s, secure %v: the other side saw %v, want %v; TCP has ended: %v", test.end, test.secure, err, test.want, under.ended)
		}
		near.Close()
		far.Close()
	}
}
