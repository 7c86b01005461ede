package server

import (
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// TestVigilOverAHandlerThatComputes has a handler need another goroutine while there is one processor, and all was idle before, or
// there were messages. The peer is a process of its own: this one would be told of its system calls.
func TestVigilOverAHandlerThatComputes(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, before := range []string{"idle", "messages"} {
		t.Run(before, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			peer := exec.Command(os.Args[0], "-test.run=^TestVigilPeer$")
			peer.Env = append(os.Environ(), "VIGIL_PEER="+l.Addr().String(), "VIGIL_BEFORE="+before)
			if err := peer.Start(); err != nil {
				t.Fatal(err)
			}
			defer peer.Wait()
			nc, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			limits, _ := Limits{Heartbeat: -1}.withDefaults()
			c := newConn(nc, &setup{limits: limits})
			defer c.CloseNow()
			took := make(chan time.Duration, 1)
			c.Handle(MessageFunc(func(c *Conn, m shared.Message) error {
				if m.String() != "compute" {
					return c.Send(t.Context(), m)
				}
				var ran atomic.Bool
				go ran.Store(true)
				begun := time.Now()
				for !ran.Load() && time.Since(begun) < 3*time.Second {
				}
				took <- time.Since(begun)
				return nil
			}))
			if d := <-took; d > time.Second {
				t.Errorf("another goroutine did not run for %v", d)
			}
		})
	}
}

// TestVigilEnds: nothing runs when nothing happens.
func TestVigilEnds(t *testing.T) {
	c, p := newWire(t, tcpConns, false, Limits{Heartbeat: -1})
	attend(t, c, echoMessage)
	v := &c.t.descriptor.poller.vigil
	for range 2 {
		p.sendText("a")
		p.expect("81 01 61")
		until(t, "the vigil has ended", func() bool { return !v.kept.Load() })
	}
}

// TestVigilPeer is the peer, where it was started to be that.
func TestVigilPeer(t *testing.T) {
	address := os.Getenv("VIGIL_PEER")
	if address == "" {
		return
	}
	nc, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	time.Sleep(200 * time.Millisecond)
	p := &wirePeer{Conn: nc, t: t, client: true, patience: 10 * time.Second}
	if os.Getenv("VIGIL_BEFORE") == "messages" {
		for range 100 {
			p.sendText("a")
			p.expect("81 01 61")
			time.Sleep(500 * time.Microsecond)
		}
	}
	p.sendText("compute")
	p.next() // until it is closed
}
