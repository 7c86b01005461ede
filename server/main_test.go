package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/tandem/server/internal/leak"
	"example.com/tandem/shared"
)

// TestMain sees to it that no test, and so no end of a connection, leaves a goroutine behind.
func TestMain(m *testing.M) { os.Exit(leak.Status(m.Run())) }

// until waits for a condition that another goroutine brings about.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within 5 s: %s", what)
		}
	}
}

// waits reports whether a receiver waits for the network.
func waits(c *Conn) bool {
	return slices.ContainsFunc(leak.Others(), func(g string) bool {
		state, _, _ := strings.Cut(g, "\n")
		return strings.Contains(g, fmt.Sprintf("(*Conn).await(%p", c)) && !strings.Contains(g, "(*Conn).pump(") &&
			!strings.Contains(state, "[run") && !strings.Contains(state, "[sync.Mutex")
	})
}

// checkEnd checks what a Conn tells about its end, and that a receiver's error says the same.
func checkEnd(t testing.TB, c *Conn, by shared.Party, layer shared.Layer, code shared.StatusCode) *shared.EndError {
	t.Helper()
	e := c.End()
	if e == nil {
		t.Fatal("the connection has not ended")
	}
	if e.By != by || e.Layer != layer || e.Code != code {
		t.Errorf("ended by %v in %v with %v (%v), want %v, %v, %v", e.By, e.Layer, e.Code, e, by, layer, code)
	}
	_, err := c.Receive(context.Background())
	if normal := layer == shared.LayerClosingHandshake && code.IsNormal() && e.Err == nil; normal != (err == io.EOF) {
		t.Errorf("Receive gives %v", err)
	} else if !normal {
		checkClosed(t, err)
		if got := new(shared.EndError); !errors.As(err, &got) || got.Code != code {
			t.Errorf("Receive gives %v, which is not the end", err)
		}
	}
	err = c.Send(context.Background(), shared.Text("late"))
	checkClosed(t, err)
	if got := new(shared.EndError); !errors.As(err, &got) || got.Code != code {
		t.Errorf("Send gives %v, which is not the end", err)
	}
	if got := new(shared.EndError); !errors.As(context.Cause(c.Context()), &got) || got.Code != code {
		t.Errorf("Context was cancelled because of %v", context.Cause(c.Context()))
	}
	return e
}

// checkClosed checks that an error says that the connection is closed or closing.
func checkClosed(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, shared.ErrClosed) || !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v (%T) does not match shared.ErrClosed and net.ErrClosed", err, err)
	}
}
