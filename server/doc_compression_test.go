package server

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// # Compression

func TestDoc_CompressionIsOffUntilBothEndsAskForIt(t *testing.T) {
	for _, server := range []*Compression{nil, {}} {
		for _, client := range []*Compression{nil, {}} {
			accepted := make(chan *Conn, 1)
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				c, err := Accept(w, r, &Options{Compression: server})
				if err != nil {
					t.Error(err)
				}
				accepted <- c
			}))
			c, err := Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http"), &DialOptions{Compression: client})
			if err != nil {
				t.Fatal(err)
			}
			both := server != nil && client != nil
			if on := c.Extensions() != ""; on != both {
				t.Errorf("server %v, client %v: %q", server, client, c.Extensions())
			}
			if err := c.Send(t.Context(), ticker(1)); err != nil {
				t.Error(err)
			}
			other := <-accepted
			if m, err := other.Receive(t.Context()); err != nil || m.String() != ticker(1).String() || other.in.header.RSV1 != both {
				t.Errorf("%q, %v, compressed: %v", m, err, other.in.header.RSV1)
			}
			c.CloseNow()
			other.CloseNow()
			s.Close()
		}
	}
}

func TestDoc_AMessageIsCompressedIfItHas64BytesAndBecomesShorter(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		policy, _ := (&Compression{}).withDefaults()
		c.compress(policy.accept([]shared.Extension{{Name: deflateName}}))
		peer := inflatingPeer{wirePeer: p, bits: 12}
		random := make([]byte, 65)
		rand.NewChaCha8([32]byte{}).Read(random)
		dense := string(random)
		for _, test := range []struct {
			payload    string
			compressed bool
		}{{strings.Repeat("a", 63), false}, {strings.Repeat("a", 64), true}, {dense, false}} {
			go c.Send(t.Context(), shared.Binary([]byte(test.payload)))
			if got, compressed, _, _ := peer.message(); got != test.payload || compressed != test.compressed {
				t.Errorf("%d bytes arrived, compressed: %v", len(got), compressed)
			}
		}
	})
}

func TestDoc_TheContextIsKeptUnlessThePeerWantsOtherwiseOrCannotLimitItsWindow(t *testing.T) {
	policy, _ := (&Compression{}).withDefaults()
	for offer, want := range map[string]agreement{
		"permessage-deflate; client_max_window_bits":                             {sendTakeover: true, receiveTakeover: true},
		"permessage-deflate; client_max_window_bits; server_no_context_takeover": {receiveTakeover: true},
		"permessage-deflate; client_max_window_bits; client_no_context_takeover": {sendTakeover: true},
		"permessage-deflate": {sendTakeover: true},
	} {
		if a := policy.accept(extensions(t, offer)); a.sendTakeover != want.sendTakeover || a.receiveTakeover != want.receiveTakeover {
			t.Errorf("%s: %+v", offer, a)
		}
	}
}

func TestDoc_EachFragmentCanBeInflatedWhenItArrives(t *testing.T) {
	promise(t, Limits{Outgoing: 16 << 10, Heartbeat: -1}, func(t *testing.T, c *Conn, p *wirePeer) {
		c.compress(&noTakeover)
		text := strings.Repeat("We shall not cease from exploration. ", 1000)
		go func() {
			w, _ := c.NextWriter(t.Context(), shared.OpcodeText)
			io.WriteString(w, text[:10<<10])
			time.Sleep(time.Hour)
			w.Close()
			c.Send(t.Context(), shared.Text(text))
		}()
		for _, most := range []int{4 << 10, 8 << 10} {
			f, err := p.next()
			if err != nil || f[0] != 0x41 {
				t.Fatalf("% .10x, %v", f, err)
			}
			b := make([]byte, most)
			n, err := io.ReadFull(flate.NewReader(bytes.NewReader(f[wireHeaderLen(f[1]):])), b)
			if n < most/2 || !strings.HasPrefix(text, string(b[:n])) {
				t.Errorf("of a fragment %d bytes can be inflated, %v", n, err)
			}
			for f[0]&0x80 == 0 {
				if f, err = p.next(); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func TestDoc_LimitMessageCountsInflatedBytes(t *testing.T) {
	promise(t, Limits{Message: 1000}, func(t *testing.T, c *Conn, p *wirePeer) {
		c.compress(&bothTakeover)
		go p.send(frame(0xc1, deflated(strings.Repeat("a", 1000))) + "|" + frame(0xc1, deflated(strings.Repeat("a", 1001))))
		expectText(t, c, strings.Repeat("a", 1000))
		if _, err := c.Receive(t.Context()); !strings.Contains(err.Error(), "1009") {
			t.Error(err)
		}
		p.expectClose(shared.StatusMessageTooBig)
	})
}

func TestDoc_WhatDoesNotInflateEndsTheConnection(t *testing.T) {
	promise(t, Limits{}, func(t *testing.T, c *Conn, p *wirePeer) {
		c.compress(&bothTakeover)
		go p.send("c1 02 ff ff")
		if _, err := c.Receive(t.Context()); !strings.Contains(err.Error(), "1007") {
			t.Error(err)
		}
		p.expectClose(shared.StatusInvalidPayload)
	})
}

// The 24 KiB are TestCompressionStateIsSmall's.
func TestDoc_AMessageReceivedInPartHolds60KiBAndAGoroutineUntilItHasTheRest(t *testing.T) {
	const connections = 50
	measure := func() int {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc + m.StackInuse)
	}
	lasting := func() int { // a poller's goroutine comes and goes
		n := runtime.NumGoroutine()
		for range 20 {
			time.Sleep(time.Millisecond)
			n = min(n, runtime.NumGoroutine())
		}
		return n
	}
	var conns []*Conn
	var peers []*wirePeer
	for range connections {
		c, p := newWire(t, tcpConns, false, Limits{})
		c.compress(&bothTakeover)
		conns, peers = append(conns, c), append(peers, p)
	}
	before, goroutines := measure(), lasting()
	wait := func(c *Conn) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
		defer cancel()
		if _, err := c.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
	for _, p := range peers {
		p.send("41 03 f2 48 cd")
	}
	for begun := time.Now(); lasting()-goroutines != connections && time.Since(begun) < 10*time.Second; { // who waits may not get to read in its time
		for _, c := range conns {
			wait(c)
		}
	}
	if n := (measure() - before) / connections; n > 62<<10 && !poolsForget() { // the race detector has memory of its own
		t.Errorf("%d bytes for each connection", n)
	}
	if n := lasting() - goroutines; n != connections {
		t.Errorf("%d goroutines for %d connections", n, connections)
	}
	for i, c := range conns {
		peers[i].send("80 04 c9 c9 07 00")
		expectText(t, c, "Hello")
		wait(c)
	}
	if n := lasting() - goroutines; n > 0 {
		t.Errorf("%d goroutines are left", n)
	}
	if n := (measure() - before) / connections; n > 6<<10 { // the window, and the first stack of whoever waits
		t.Errorf("%d bytes are left for each connection", n)
	}
}

// TestPreparedIsCompressedOnce has the last sentence. Those on Trace are trace_test.go's.
