package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// A host that is closed before it came to accept its connection closes that too.
func TestHostClosesWhatItDidNotAccept(t *testing.T) {
	for range 200 {
		near, far, err := loopback(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		newHost(far, Composition{}, newTape("", usual)).close(false)
		if _, err := far.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Fatalf("the server's end is open: Write gave %v", err)
		}
		near.Close()
	}
}

// The host ends nothing itself: it waits for the client to do so, and for the end to be on the tape.
func TestHostWaitsForTheEnd(t *testing.T) {
	near, far, err := loopback(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	seen := newTape("", usual)
	h := newHost(far, Composition{}, seen)
	if _, err := io.WriteString(near, (&Composition{}).request()); err != nil {
		t.Fatal(err)
	}
	response := make([]byte, 4096)
	if n, err := near.Read(response); err != nil || !strings.HasPrefix(string(response[:n]), "HTTP/1.1 101 ") {
		t.Fatalf("%q, %v", response[:n], err)
	}
	closed := make(chan struct{})
	go func() {
		h.close(true)
		close(closed)
	}()
	near.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if n, err := near.Read(response); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the server said %x, %v", response[:n], err)
	}
	near.Close()
	<-closed
	if events := seen.after(0).Events; len(events) != 2 || events[1].End == nil {
		t.Errorf("%d events, the last without an end", len(events))
	}
}
