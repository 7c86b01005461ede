package wire

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// The key of RFC 6455 §5.7.
var key = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// wireFrames turns frames in hexadecimal, "|" between two, into those of a client: masked, but after "!".
func wireFrames(s string) (all wireBytes) {
	for f := range strings.SplitSeq(s, "|") {
		f, raw := strings.CutPrefix(strings.TrimSpace(f), "!")
		b, err := hex.DecodeString(strings.ReplaceAll(f, " ", ""))
		if err != nil {
			panic(err)
		}
		if !raw {
			n := map[byte]int{126: 4, 127: 10}[b[1]]
			n = max(n, 2)
			b[1] |= 0x80
			payload := b[n:]
			masked := append(bytes.Clone(b[:n]), key[:]...)
			for i, c := range payload {
				masked = append(masked, c^key[i%4])
			}
			b = masked
		}
		all = append(all, b...)
	}
	return all
}

// compose has a composition played by the service, and checks what holds for each.
func compose(t *testing.T, c Composition) *Answer {
	t.Helper()
	body, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/compositions", bytes.NewReader(body))
	newComposer(usual).ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %q: %s", w.Code, w.Header(), w.Body)
	}
	played := new(Answer)
	if err := json.Unmarshal(w.Body.Bytes(), played); err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(played.Client, func(a, b sighted) int { return int(1000 * (a.Time - b.Time)) }) {
		t.Error("what the client saw is out of order")
	}
	return played
}

func endOf(t *testing.T, a *Answer) *end {
	t.Helper()
	if len(a.Server) == 0 || a.Server[len(a.Server)-1].End == nil {
		t.Fatalf("the server's side has no end: %+v", a.Server)
	}
	return a.Server[len(a.Server)-1].End
}

// seen is what the client saw: the bytes in one piece, and what else, in order.
func seen(a *Answer) string {
	var received []byte
	var rest []string
	for _, s := range a.Client {
		switch {
		case s.By == "client" && s.What == "bytes":
		case s.What == "bytes":
			received = append(received, s.Bytes...)
		default:
			rest = append(rest, s.By+" "+s.What)
		}
	}
	return strings.TrimSpace(hex.EncodeToString(received) + " " + strings.Join(rest, ", "))
}

func text(s string) string { return hex.EncodeToString([]byte(s)) }

func TestSection5_7_HelAndLo(t *testing.T) {
	played := compose(t, Composition{Steps: []Step{
		{Send: wireFrames("01 03 48 65 6c")}, {Send: wireFrames("89 02 68 69")}, {Wait: 50}, {Send: wireFrames("80 02 6c 6f"), Pieces: 8}, {Wait: 50}, {Send: wireFrames("88 02 03 e8")},
	}})
	if got, want := seen(played), "8a026869"+"8105"+text("Hello")+"880203e8 server FIN"; got != want {
		t.Errorf("the client saw %s, want %s", got, want)
	}
	if !strings.HasPrefix(played.Response, "HTTP/1.1 101 Switching Protocols\r\n") || !strings.Contains(played.Response, "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") {
		t.Errorf("the response is %q", played.Response)
	}
	var wires []string
	for _, e := range played.Server {
		if e.Frame != nil {
			wires = append(wires, hex.EncodeToString(e.Frame.Wire))
		}
		if e.Message != nil && *e.Message != (message{false, "text", 2, 5, 5, false}) {
			t.Errorf("the message is %+v", *e.Message)
		}
		if e.Open != nil && (e.Open.Request != played.Request || e.Open.Response != played.Response) {
			t.Errorf("opened with %+v", e.Open)
		}
	}
	want := []string{"018337fa213d7f9f4d", "898237fa213d5f93", "8a026869", "808237fa213d5b95", "8105" + text("Hello"), "888237fa213d3412", "880203e8"}
	if !slices.Equal(wires, want) {
		t.Errorf("the server saw %s, want %s", wires, want)
	}
	if e := endOf(t, played); e.Code != 1000 || e.By != "peer" || e.Layer != "closing handshake" {
		t.Errorf("ended with %+v", e)
	}
	pieces := 0
	for _, s := range played.Client {
		if s.By == "client" && len(s.Bytes) == 1 {
			pieces++
		}
	}
	if pieces != 8 {
		t.Errorf("a frame of eight bytes left in %d pieces of one", pieces)
	}
}

// The ways a connection ends, and what each side then reports.
func TestSection7_1_WaysToEnd(t *testing.T) {
	hello, echoed := Step{Send: wireFrames("81 02 68 69")}, "81026869"
	wait := Step{Wait: 50}
	for name, test := range map[string]struct {
		c         Composition
		client    string // what it saw and did
		by, layer string
		code      int
		text      string // of the server's report
	}{
		"closing handshake": {Composition{Steps: []Step{hello, {Send: wireFrames("88 00")}}}, echoed + "8800 server FIN", "peer", "closing handshake", 1005, "no status received"},
		"over TLS":          {Composition{Secure: true, Steps: []Step{hello, {Send: wireFrames("88 02 03 e8")}}}, echoed + "880203e8 server close_notify", "peer", "closing handshake", 1000, "closed by peer"},
		"by the server": {Composition{Serve: ServeClose, Steps: []Step{wait, {Send: wireFrames("88 02 03 e9")}}},
			"881703e9" + text("the server is leaving") + " server FIN", "local", "closing handshake", 1001, "closed by this end"},
		"by the server, not answered": {Composition{Serve: ServeClose, Steps: []Step{{Wait: 1500}}},
			"881703e9" + text("the server is leaving") + " server FIN", "local", "time limit", 1006, "no answer to Close within 1s"},
		"dropped by the server": {Composition{Serve: ServeDrop, Steps: []Step{wait}}, "server FIN", "local", "local", 1006, "CloseNow"},
		"FIN":                   {Composition{Steps: []Step{hello, wait, {End: EndFIN}}}, echoed + " client FIN, server FIN", "peer", "TCP", 1006, "EOF"},
		"FIN in a frame":        {Composition{Steps: []Step{{Send: wireFrames("81 02 68 69")[:7]}, wait, {End: EndFIN}}}, "client FIN, server FIN", "peer", "TCP", 1006, "EOF"},
		"RST":                   {Composition{Steps: []Step{hello, wait, {End: EndRST}}}, echoed + " client RST", "peer", "TCP", 1006, "reset"},
		"close_notify":          {Composition{Secure: true, Steps: []Step{hello, wait, {End: EndCloseNotify}}}, echoed + " client close_notify, server close_notify", "peer", "TLS", 1006, "EOF"},
		"FIN below TLS":         {Composition{Secure: true, Steps: []Step{hello, wait, {End: EndFIN}}}, echoed + " client FIN, server close_notify", "peer", "TLS", 1006, "unexpected EOF"},
		"nothing more is said":  {Composition{Steps: []Step{hello}}, echoed + " client FIN, server FIN", "peer", "TCP", 1006, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			played := compose(t, test.c)
			if got := seen(played); got != test.client {
				t.Errorf("the client saw %s, want %s", got, test.client)
			}
			if e := endOf(t, played); e.By != test.by || e.Layer != test.layer || int(e.Code) != test.code || !strings.Contains(e.Text, test.text) {
				t.Errorf("the server reports %+v, want %s, %s, %d, %s", e, test.by, test.layer, test.code, test.text)
			}
		})
	}
}

// The server's side is reported to its end, also when the client has it first.
func TestEveryCompositionHasItsEnd(t *testing.T) {
	for range 60 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			if e := endOf(t, compose(t, Composition{Steps: []Step{{Send: wireFrames("83 00")}}})); e.Code != 1002 {
				t.Errorf("ended with %+v", e)
			}
		})
	}
}

func TestSection4_2_RefusalsAsTheyAreOnTheWire(t *testing.T) {
	const right = "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	for name, test := range map[string]struct{ old, new, status, line string }{
		"wrong version":  {"Version: 13", "Version: 8", "426", "Sec-WebSocket-Version: 13"},
		"foreign Origin": {"\r\n\r\n", "\r\nOrigin: https://elsewhere.example\r\n\r\n", "403", "Connection: close"},
		"missing key":    {"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", "400", "Connection: close"},
		"not HTTP":       {right, "\x16\x03\x01\r\n\r\n", "400", "Connection: close"},
	} {
		played := compose(t, Composition{Request: strings.Replace(right, test.old, test.new, 1), Steps: []Step{{Send: wireFrames("81 00")}}})
		head, _, _ := strings.Cut(played.Response, "\r\n\r\n")
		if !strings.HasPrefix(head, "HTTP/1.1 "+test.status+" ") || !strings.Contains(head+"\r\n", "\r\n"+test.line+"\r\n") {
			t.Errorf("%s: %q", name, played.Response)
		}
		if len(played.Server) != 0 || len(played.Client) != 0 {
			t.Errorf("%s: something was played: %+v", name, played)
		}
	}
}

// A client that says nothing, and frames without end, are over soon.
func TestCompositionsAreBounded(t *testing.T) {
	begun := time.Now()
	played := compose(t, Composition{Request: "GET"})
	if played.Response != "" && !strings.HasPrefix(played.Response, "HTTP/1.1 4") {
		t.Errorf("the response is %q", played.Response)
	}
	played = compose(t, Composition{Steps: []Step{{Send: bytes.Repeat(wireFrames("89 00"), maxSent/6)}}})
	if len(played.Server) > usual.batch+maxRemembered || played.Lost == 0 || len(played.Client) > maxNotes {
		t.Errorf("%d events, %d lost, %d notes", len(played.Server), played.Lost, len(played.Client))
	}
	if endOf(t, played).Code != 1006 {
		t.Errorf("ended with %+v", endOf(t, played))
	}
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestComposerRefusesMoreAtATime(t *testing.T) {
	l := usual
	l.compositions = 1
	h := newComposer(l)
	playing := make(chan int)
	go func() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "POST", "/", strings.NewReader(`{"steps":[{"wait":1000}]}`)))
		playing <- w.Code
	}()
	time.Sleep(200 * time.Millisecond)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader(`{}`)))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if code := <-playing; code != http.StatusOK {
		t.Errorf("the first got %d", code)
	}
}

func TestAPageOfAnotherOriginCannotCompose(t *testing.T) {
	for site, want := range map[string]int{"same-origin": 200, "cross-site": 403} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "/compositions", strings.NewReader(`{"request":"x\r\n\r\n"}`))
		r.Header.Set("Sec-Fetch-Site", site)
		New().ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", site, w.Code, want)
		}
	}
}
