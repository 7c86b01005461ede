package server

import (
	"io"
	"log"
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
			peer := exec.Command(os.Args[0])
			peer.Env = append(os.Environ(), "VIGIL_PEER="+l.Addr().String(), "VIGIL_BEFORE="+before)
			if err := peer.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := peer.Wait(); err != nil {
					t.Errorf("the peer: %v", err)
				}
			}()
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
			select {
			case d := <-took:
				if d > time.Second {
					t.Errorf("another goroutine did not run for %v", d)
				}
			case <-time.After(20 * time.Second): // later than all that is measured here: the monitor knows of this timer
				t.Error("the handler was not asked")
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

// The test binary is the peer where it was started to be that: no test runs then.
func init() {
	if address := os.Getenv("VIGIL_PEER"); address != "" {
		if err := vigilPeer(address, os.Getenv("VIGIL_BEFORE") == "messages"); err != nil {
			log.Fatal(err)
		}
		os.Exit(0)
	}
}

// vigilPeer is silent for long enough that all goes to sleep, has messages come back or not, and asks the handler to compute.
func vigilPeer(address string, messages bool) error {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer nc.Close()
	time.Sleep(200 * time.Millisecond)
	if messages {
		for range 100 {
			if _, err := nc.Write(frames("81 01 61", true)); err != nil {
				return err
			}
			if _, err := io.ReadFull(nc, make([]byte, 3)); err != nil {
				return err
			}
			time.Sleep(500 * time.Microsecond)
		}
	}
	if _, err := nc.Write(frames(frame(0x81, "compute"), true)); err != nil {
		return err
	}
	io.Copy(io.Discard, nc) // until it is closed
	return nil
}
