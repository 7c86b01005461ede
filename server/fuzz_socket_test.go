package server

import (
	"bytes"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"testing"
)

// FuzzConnectionOverSocket is FuzzConnection through the kernel, where a Conn reads and writes without net.Conn. The
// pieces arrive as the kernel likes.
func FuzzConnectionOverSocket(f *testing.F) {
	for _, stream := range fuzzStreams() {
		for _, client := range []bool{false, true} {
			f.Add(client, uint8(0), frames(stream, !client), []byte{0x00, 0x05, 0x9f}, []byte{0x01, 0x22, 0x00, 0x43})
		}
	}
	for _, stream := range deflatedStreams {
		f.Add(false, uint8(1), frames(stream, true), []byte{0x03, 0x01}, []byte{0x00, 0x02})
	}
	ln, err := net.Listen("unix", filepath.Join(f.TempDir(), "s"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { ln.Close() })
	f.Fuzz(func(t *testing.T, client bool, which uint8, stream, chops, calls []byte) {
		if len(stream) > 16<<10 || len(chops) > 200 || len(calls) > 50 {
			return
		}
		a := fuzzAgreement(which)
		patient := bytes.Clone(calls)
		for i := range patient {
			patient[i] &^= 0x0c // no call gives up: there is no clock to agree on
		}
		limits, err := Limits{Message: fuzzMessage, Heartbeat: -1}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		peer, err := net.Dial("unix", ln.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		nc, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c := newConn(nc, &setup{client: client, limits: limits, compression: a})
		defer c.CloseNow()
		want := hearDeflated(stream, !client, fuzzMessage, a.plain())

		var o outcome
		received := make(chan struct{})
		go func() { defer close(received); o.receive(t, c, patient) }()
		sent := make(chan []byte)
		go func() { b, _ := io.ReadAll(peer); sent <- b }()
		for _, chop := range chops {
			size, pause := piece(chop)
			size = min(size, len(stream))
			peer.Write(stream[:size])
			stream = stream[size:]
			if pause {
				runtime.Gosched()
			}
		}
		peer.Write(stream)
		peer.(*net.UnixConn).CloseWrite()
		<-received
		o.wire = <-sent
		o.end, o.stats = c.End(), c.Stats()
		if want.how == "EOF" { // it may come before the Pongs have left
			want.pings = hear(o.wire, client, 1<<40).pongs
		}
		o.check(t, client, want)
	})
}
