package server

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// registered makes a server's Conn in a registry.
func registered(t testing.TB, g *Registry, address string, l Limits) (*Conn, *wirePeer) {
	t.Helper()
	l, err := l.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	place, err := g.reserve(address)
	if err != nil {
		t.Fatal(err)
	}
	a, b := pipe()
	c := newConn(b, &setup{limits: l, place: place})
	t.Cleanup(func() { c.CloseNow(); a.Close() })
	return c, &wirePeer{Conn: a, t: t, client: true, patience: 10 * time.Second}
}

// checkFull checks that there is no place for one more connection from an address.
func checkFull(t *testing.T, g *Registry, address string) {
	t.Helper()
	place, err := g.reserve(address)
	var refused *HandshakeError
	if !errors.As(err, &refused) || refused.Status != http.StatusServiceUnavailable {
		t.Errorf("a place for %s: %v", address, err)
		place.release()
	}
}

func TestRegistryCaps(t *testing.T) {
	g := &Registry{MaxConns: 3, MaxPerAddress: 2}
	first, _ := registered(t, g, "127.0.0.1:1", Limits{})
	registered(t, g, "127.0.0.1:2", Limits{})
	checkFull(t, g, "127.0.0.1:3")
	registered(t, g, "[::1]:1", Limits{})
	checkFull(t, g, "[::2]:1")
	if g.Len() != 3 {
		t.Errorf("%d connections", g.Len())
	}
	first.CloseNow()
	place, err := g.reserve("127.0.0.1:4") // and the handshake fails
	if err != nil || g.Len() != 2 {
		t.Errorf("%v, %d connections", err, g.Len())
	}
	checkFull(t, g, "127.0.0.1:5")
	place.release()
	registered(t, g, "127.0.0.1:6", Limits{})
	checkFull(t, g, "127.0.0.1:7")
}

// TestRegistryForgets ends connections in every way, of registries with every kind of cap.
func TestRegistryConns(t *testing.T) {
	g := new(Registry)
	conns := g.Conns()
	if got := slices.Collect(conns); len(got) != 0 {
		t.Errorf("%d connections of none", len(got))
	}
	a, _ := registered(t, g, "1.1.1.1:1", Limits{})
	b, _ := registered(t, g, "1.1.1.1:2", Limits{})
	seen := 0
	for range conns { // it begins now
		seen++
		break
	}
	if seen != 1 {
		t.Errorf("%d connections before the break", seen)
	}
	seen = 0
	for c := range conns {
		if c != a && c != b {
			t.Error("a connection of somebody else")
		}
		seen++
		a.CloseNow() // the iteration goes over those that there were
		b.CloseNow()
	}
	if left := slices.Collect(conns); seen != 2 || len(left) != 0 {
		t.Errorf("%d connections, and %d after their ends", seen, len(left))
	}
}

func TestRegistryForgets(t *testing.T) {
	for _, g := range []*Registry{{}, {MaxConns: 9}, {MaxPerAddress: 9}, {MaxConns: 9, MaxPerAddress: 9}} {
		for _, end := range []func(*Conn, *wirePeer){
			func(c *Conn, p *wirePeer) { c.CloseNow() },
			func(c *Conn, p *wirePeer) { p.send("88 00"); c.Receive(context.Background()) },
			func(c *Conn, p *wirePeer) { p.Close(); c.Receive(context.Background()) },
			func(c *Conn, p *wirePeer) { p.send("83 00"); p.Close(); c.Receive(context.Background()) },
		} {
			c, p := registered(t, g, "127.0.0.1:1", Limits{})
			if g.Len() != 1 {
				t.Errorf("%d connections of one", g.Len())
			}
			end(c, p)
			until(t, "the registry forgets the connection", func() bool {
				g.mu.Lock()
				defer g.mu.Unlock()
				return len(g.conns) == 0 && g.places == 0 && len(g.addresses) == 0
			})
		}
	}
	var none *Registry
	c, _ := registered(t, none, "127.0.0.1:1", Limits{})
	c.CloseNow()
}

// TestShutdown has connections that answer the Close, are busy, do not answer, and break.
func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := new(Registry)
		var peers sync.WaitGroup
		for _, behave := range []func(c *Conn, p *wirePeer){
			func(c *Conn, p *wirePeer) { p.expectClose(1001); p.send("88 02 03 e9") },
			func(c *Conn, p *wirePeer) {
				go c.Receive(context.Background())
				p.sendText("a")
				p.expect("81 01 62")
				p.expectClose(1001)
				p.send("88 02 03 e9")
			},
			func(c *Conn, p *wirePeer) {}, // takes until Limits.Close
			func(c *Conn, p *wirePeer) { p.expectClose(1001); p.Close() },
		} {
			c, p := registered(t, g, "127.0.0.1:1", Limits{})
			c.Send(t.Context(), shared.Text("b"))
			if len(g.conns) != 2 {
				p.expect("81 01 62")
				c.Send(t.Context(), shared.Text("b"))
				p.expect("81 01 62")
			}
			peers.Go(func() { behave(c, p) })
		}
		g.enterHandler()
		time.AfterFunc(7*time.Second, g.leaveHandler)
		begun := time.Now()
		report, err := g.Shutdown(t.Context())
		if took := time.Since(begun); err != nil || report != (ShutdownReport{Clean: 2, Forced: 2}) || took != 7*time.Second {
			t.Errorf("%+v, %v after %v", report, err, took)
		}
		peers.Wait()
		checkFull(t, g, "127.0.0.1:1")
		if g.Len() != 0 {
			t.Errorf("%d connections", g.Len())
		}
		if report, err := g.Shutdown(t.Context()); err != nil || report != (ShutdownReport{}) {
			t.Errorf("again: %+v, %v", report, err)
		}
	})
}

func TestShutdownWithinItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := new(Registry)
		c, _ := registered(t, g, "127.0.0.1:1", Limits{})
		g.enterHandler() // that never returns
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		report, err := g.Shutdown(ctx)
		if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || report != (ShutdownReport{Forced: 1}) || took != time.Second {
			t.Errorf("%+v, %v after %v", report, err, took)
		}
		checkEnd(t, c, shared.PartyLocal, shared.LayerLocal, 1006)
		g.leaveHandler()
	})
}

// TestShutdownDuringAHandshake finishes a handshake that began before.
// TestShutdownCutsAllAtOnce has the Trace of each connection take its time when that ends.
func TestShutdownCutsAllAtOnce(t *testing.T) {
	var g Registry
	goOn := make(chan struct{})
	var conns []*Conn
	for range 3 {
		c, _ := registered(t, &g, "127.0.0.1:1", Limits{Heartbeat: -1, Close: time.Hour})
		c.out.tracer = newTracer(&Trace{End: func(*shared.EndError) { <-goOn }})
		conns = append(conns, c)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	done := make(chan error)
	go func() {
		_, err := g.Shutdown(ctx)
		done <- err
	}()
	for _, c := range conns {
		until(t, "it is cut", func() bool { return c.End() != nil })
	}
	close(goOn)
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestShutdownWithoutAContext(t *testing.T) {
	var g Registry
	c, _ := registered(t, &g, "127.0.0.1:1", Limits{Heartbeat: -1})
	var none context.Context
	if _, err := g.Shutdown(none); err != ErrNilContext {
		t.Error(err)
	}
	if c.End() != nil {
		t.Error("it has shut down")
	}
}

func TestShutdownDuringAHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &Registry{MaxPerAddress: 1}
		place, err := g.reserve("127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		down := make(chan error, 1)
		go func() {
			report, err := g.Shutdown(t.Context())
			if report != (ShutdownReport{Clean: 1}) {
				t.Errorf("%+v", report)
			}
			down <- err
		}()
		synctest.Wait()
		a, b := pipe()
		l, _ := Limits{}.withDefaults()
		c := newConn(b, &setup{limits: l, place: place})
		p := &wirePeer{Conn: a, t: t, client: true, patience: time.Second}
		p.expectClose(1001)
		p.send("88 02 03 e9")
		p.expectEnd()
		if err := <-down; err != nil {
			t.Error(err)
		}
		checkEnd(t, c, shared.PartyLocal, shared.LayerClosingHandshake, 1001)
	})
}

// TestShutdownWaitsForAMessageInFragments is TestCloseWaitsForAMessageInFragments for a whole registry.
func TestShutdownWaitsForAMessageInFragments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := new(Registry)
		c, p := registered(t, g, "127.0.0.1:1", Limits{})
		long := bytes.Repeat([]byte("long"), 1<<18)
		sent := make(chan error, 1)
		go func() { sent <- c.Send(t.Context(), shared.Binary(long)) }()
		synctest.Wait()
		go func() {
			synctest.Wait()
			if got := p.nextMessage(); !bytes.Equal(got, long) {
				t.Errorf("%d bytes of %d came", len(got), len(long))
			}
			p.expectClose(1001)
			p.send("88 02 03 e9")
		}()
		if report, err := g.Shutdown(t.Context()); err != nil || report != (ShutdownReport{Clean: 1}) {
			t.Errorf("%+v, %v", report, err)
		}
		if err := <-sent; err != nil {
			t.Errorf("Send: %v", err)
		}
	})
}

// TestRegistryForgetsWhatEndsAtOnce has a heartbeat that strikes before newConn has returned.
func TestRegistryForgetsWhatEndsAtOnce(t *testing.T) {
	g := new(Registry)
	rounds := 20_000 // it strikes between two statements, now and then
	if testing.Short() {
		rounds = 2000
	}
	for range rounds {
		c, _ := registered(t, g, "127.0.0.1:1", Limits{Heartbeat: 1})
		<-c.Context().Done()
	}
	until(t, "the registry has forgotten them", func() bool { g.mu.Lock(); defer g.mu.Unlock(); return g.places == 0 })
	if n := g.Len(); n != 0 {
		t.Errorf("%d connections that have ended are kept", n)
	}
}

// What Dial calls may panic, inside of a handler, say, from which net/http recovers: the place in the registry is given back.
func TestDialPanicGivesThePlaceBack(t *testing.T) {
	s := startServer(t, echoService(nil))
	address := "ws" + strings.TrimPrefix(s.URL, "http")
	for name, set := range map[string]func(*DialOptions){
		"Proxy": func(o *DialOptions) { o.Proxy = func(*http.Request) (*url.URL, error) { panic("oh dear") } },
		"NetDial": func(o *DialOptions) {
			o.NetDial = func(context.Context, string, string) (net.Conn, error) { panic("oh dear") }
		},
		"Trace.Handshake": func(o *DialOptions) { o.Trace = &Trace{Handshake: func(TraceHandshake) { panic("oh dear") }} },
	} {
		t.Run(name, func(t *testing.T) {
			g := &Registry{MaxConns: 1}
			opts := &DialOptions{Registry: g}
			set(opts)
			func() {
				defer func() {
					if recover() == nil {
						t.Error("there was no panic")
					}
				}()
				Dial(t.Context(), address, opts)
			}()
			c, err := Dial(t.Context(), address, &DialOptions{Registry: g})
			if err != nil {
				t.Fatalf("after a panic: %v", err)
			}
			c.CloseNow()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := g.Shutdown(ctx); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		})
	}
}
