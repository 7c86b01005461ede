package server

import (
	"errors"
	"go/parser"
	"go/token"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// What has broken other implementations, where no other test of this package looks at it.

// TestHalfAFrameAndSilence stops a frame at every byte: the heartbeat ends the connection, whoever reads.
func TestHalfAFrameAndSilence(t *testing.T) {
	whole := maskFrame(unhex("82 7e 01 00 61 62"))
	for n := 1; n <= len(whole); n++ {
		for _, reads := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				c, p := newWire(t, pipeConns, false, Limits{})
				p.sendBytes(whole[:n])
				front := n >= 8 // the header is whole: somebody has to read, or it is unread data in front
				begun := time.Now()
				if reads || front {
					if _, err := c.Receive(t.Context()); !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("%d bytes and silence: %v", n, err)
					}
				} else {
					<-c.Context().Done()
				}
				// Bytes that the heartbeat finds when it first reads count as life: that is one round more.
				if took := time.Since(begun); took > 4*defaultHeartbeat {
					t.Errorf("%d bytes and silence lasted %v", n, took)
				}
				checkEnd(t, c, shared.PartyLocal, shared.LayerTimeLimit, shared.StatusAbnormalClosure)
			})
		}
	}
}

// TestRequestHeaderWithoutEnd sends a header of 20 MB in small pieces: net/http refuses it after 1 MB, and it never
// gets as far as Accept.
func TestRequestHeaderWithoutEnd(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(echoService(nil))
	defer s.Close()
	nc := dialTCP(t, s)
	answer := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(nc)
		answer <- string(all)
	}()
	n, err := io.WriteString(nc, strings.TrimSuffix(sampleWith(), "\r\n")+"X-Filler: ")
	for begun := time.Now(); err == nil && n < 20<<20 && time.Since(begun) < 10*time.Second; {
		var k int
		k, err = io.WriteString(nc, strings.Repeat("x", 100))
		n += k
	}
	if err == nil || n > 16<<20 { // the kernel's buffers hold some of it
		t.Errorf("%d bytes of header were taken, %v", n, err)
	}
	nc.Close()
	if got := <-answer; got != "" && !strings.HasPrefix(got, "HTTP/1.1 431 ") {
		t.Errorf("the answer is %q", got)
	}
}

// TestSection10_3_NoPredictableRandomness looks for math/rand, whose numbers a peer could foretell, in what is built.
func TestSection10_3_NoPredictableRandomness(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if strings.HasPrefix(i.Path.Value, `"math/rand`) {
				t.Errorf("%s imports %s", name, i.Path.Value)
			}
		}
		looked++
	}
	if looked < 10 {
		t.Errorf("only %d files were looked at", looked)
	}
}
