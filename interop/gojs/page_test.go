package gojs

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"nhooyr.io/websocket"
)

// startServer runs the reference peer's server and returns its address.
func startServer(t *testing.T) string {
	accept := func(w http.ResponseWriter, r *http.Request) *websocket.Conn {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"echo.test"}, InsecureSkipVerify: true})
		if err != nil {
			t.Error(err)
			return nil
		}
		c.SetReadLimit(-1)
		return c
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		c := accept(w, r)
		for {
			kind, payload, err := c.Read(r.Context())
			if err != nil {
				return
			}
			c.Write(r.Context(), kind, payload)
		}
	})
	mux.HandleFunc("/close", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.FormValue("code"))
		accept(w, r).Close(websocket.StatusCode(code), r.FormValue("reason"))
	})
	mux.HandleFunc("/drop", func(w http.ResponseWriter, r *http.Request) { accept(w, r).CloseNow() })
	mux.HandleFunc("/not-text", func(w http.ResponseWriter, r *http.Request) {
		c := accept(w, r)
		c.Write(r.Context(), websocket.MessageText, []byte{0xff})
		c.Read(r.Context())
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, r *http.Request) {
		c := accept(w, r)
		message, err := c.Writer(r.Context(), websocket.MessageText)
		if err != nil {
			t.Error(err)
			return
		}
		message.Write(make([]byte, 64<<10)) // frames without FIN
		c.CloseNow()
	})
	mux.HandleFunc("/flood", func(w http.ResponseWriter, r *http.Request) {
		c := accept(w, r)
		ctx := c.CloseRead(r.Context())
		for c.Write(ctx, websocket.MessageText, []byte("drop")) == nil {
		}
	})
	mux.HandleFunc("/forbidden", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusForbidden) })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "http", "ws", 1)
}

// TestPage runs each test of the test binary built from testdata/page.
func TestPage(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	wasm, err := BuildTest(ctx, "testdata/page")
	if err != nil {
		t.Fatal(err)
	}
	var list bytes.Buffer
	if _, err := Run(ctx, wasm, Config{Args: []string{"-test.list=."}, Stdout: &list}); err != nil {
		t.Fatal(err)
	}
	names := strings.Fields(list.String())
	if len(names) < 20 {
		t.Fatalf("the test binary lists %q", names)
	}
	server := startServer(t)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			r, err := Run(ctx, wasm, Config{
				Args:    []string{"-test.v", "-test.run=^" + name + "$"},
				Env:     []string{"SERVER=" + server},
				Stdout:  &out,
				Stderr:  &out,
				Network: ByHost(Faults(), Peer{}),
			})
			if err != nil || r.ExitCode != 0 || !strings.Contains(out.String(), "--- PASS: "+name) {
				t.Errorf("exit code %d, %v\n%s", r.ExitCode, err, out.String())
			}
		})
	}
}
