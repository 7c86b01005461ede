package wire

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

const (
	tokenA = "AAAAAAAAAAAAAAAAAAAAAAAAAA"
	tokenB = "BBBBBBBBBBBBBBBBBBBBBBBBBB"
)

// A site echoes, and shows the frames.
type site struct {
	*httptest.Server
	t     *testing.T
	tapes *Tapes
}

func start(t *testing.T, change func(*limits)) site {
	t.Helper()
	l := usual
	if change != nil {
		change(&l)
	}
	tapes, registry := newTapes(l), new(server.Registry)
	mux := http.NewServeMux()
	mux.Handle("/tapes/", tapes)
	mux.Handle("/compositions", tapes)
	mux.Handle("/echo", server.Handler(ServeEcho.serve, &server.Options{Registry: registry, Trace: tapes.Trace(nil), Compression: &server.Compression{}}))
	s := httptest.NewUnstartedServer(mux)
	s.Listener = server.RecordHandshakes(s.Listener)
	s.Start()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		registry.Shutdown(ctx)
		s.CloseClientConnections()
		s.Close()
	})
	return site{s, t, tapes}
}

func (s site) dial(query string) *server.Conn {
	s.t.Helper()
	c, err := server.Dial(s.t.Context(), "ws"+strings.TrimPrefix(s.URL, "http")+"/echo"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.CloseNow() })
	return c
}

// say sends a text and waits until it is back.
func say(t *testing.T, c *server.Conn, text string) {
	t.Helper()
	if err := c.Send(t.Context(), shared.Text(text)); err != nil {
		t.Fatal(err)
	}
	if m, err := c.Receive(t.Context()); err != nil || m.String() != text {
		t.Fatalf("%q, %v", m, err)
	}
}

// A listener is an EventSource without the source.
type listener struct {
	t      *testing.T
	status int
	cancel context.CancelFunc
	lines  *bufio.Scanner
	id     string // of the last batch
}

func (s site) listen(token, after, lastEventID string) *listener {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	r, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/tapes/"+token+"/events?after="+after, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if lastEventID != "" {
		r.Header.Set("Last-Event-ID", lastEventID)
	}
	res, err := s.Client().Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	l := &listener{t: s.t, status: res.StatusCode, cancel: func() { cancel(); res.Body.Close() }, lines: bufio.NewScanner(res.Body)}
	l.lines.Buffer(nil, 8<<20)
	s.t.Cleanup(l.cancel)
	if res.StatusCode == http.StatusOK {
		if got := res.Header.Get("Content-Type") + " " + res.Header.Get("Cache-Control"); got != "text/event-stream no-store" {
			s.t.Errorf("the stream is %s", got)
		}
		if first := l.line() + l.line(); first != "retry: 1000" {
			s.t.Errorf("the stream begins with %q", first)
		}
	}
	return l
}

func (l *listener) line() string {
	l.t.Helper()
	if !l.lines.Scan() {
		l.t.Fatalf("the stream has ended: %v", l.lines.Err())
	}
	return l.lines.Text()
}

// next is the next batch.
func (l *listener) next() (b batch) {
	l.t.Helper()
	id, isID := strings.CutPrefix(l.line(), "id: ")
	data, isData := strings.CutPrefix(l.line(), "data: ")
	if end := l.line(); !isID || !isData || end != "" {
		l.t.Fatalf("an event of %q, %.80q, %q", id, data, end)
	}
	if err := json.Unmarshal([]byte(data), &b); err != nil {
		l.t.Fatal(err)
	}
	l.id = id
	return b
}

// until gives all events up to one that is wanted.
func (l *listener) until(wanted func(event) bool) (all []event) {
	l.t.Helper()
	for {
		for _, e := range l.next().Events {
			all = append(all, e)
			if wanted(e) {
				return all
			}
		}
	}
}

// spell puts events on a line: frames in hexadecimal, unmasked.
func spell(events []event) string {
	var parts []string
	for _, e := range events {
		switch {
		case e.Open != nil:
			parts = append(parts, "open")
		case e.Message != nil:
			parts = append(parts, "message")
		case e.End != nil:
			parts = append(parts, "end "+e.End.Layer)
		default:
			h, _, _ := shared.ParseHeader(e.Frame.Wire)
			arrow := map[bool]string{true: ">", false: "<"}[e.Frame.Sent]
			parts = append(parts, arrow+h.Opcode.String()+" "+string(server.TraceFrame{Header: h, Wire: e.Frame.Wire}.Payload()))
		}
	}
	return strings.Join(parts, ", ")
}

func isEnd(e event) bool { return e.End != nil }

func TestAPageSeesItsOwnFramesOnly(t *testing.T) {
	s := start(t, nil)
	a, b, other := s.dial("?wire="+tokenA), s.dial("?wire="+tokenB), s.dial("")
	say(t, other, "nobody's")
	say(t, a, "for A")
	say(t, b, "for B")
	for _, each := range []struct {
		c             *server.Conn
		token, target string
		want          string
	}{
		{a, tokenA, "/echo?wire=" + tokenA, "open, <text for A, >text for A, <close \x03\xe8, >close \x03\xe8, end closing handshake"},
		{b, tokenB, "/echo?wire=" + tokenB, "open, <text for B, >text for B, <close \x03\xe8, >close \x03\xe8, end closing handshake"},
	} {
		each.c.Close(shared.StatusNormalClosure, "")
		events := s.listen(each.token, "", "").until(isEnd)
		if got := spell(events); got != each.want {
			t.Errorf("%s: %s, want %s", each.token, got, each.want)
		}
		open := events[0].Open
		if open.Target != each.target || !strings.HasPrefix(open.Request, "GET "+each.target+" HTTP/1.1\r\n") || !strings.HasSuffix(open.Request, "\r\n\r\n") ||
			!strings.HasPrefix(open.Response, "HTTP/1.1 101 ") || open.Remote == "" || events[0].Connection != 1 {
			t.Errorf("%s: opened with %+v", each.token, open)
		}
	}
}

func TestTokens(t *testing.T) {
	s := start(t, nil)
	for token, want := range map[string]int{tokenA: 200, "short": 400, strings.Repeat("a", 65): 400, tokenA + "%2F": 400, tokenA + "%00": 400, "%D0%B0" + tokenA: 400} {
		l := s.listen(token, "", "")
		if l.status != want {
			t.Errorf("%q: %d, want %d", token, l.status, want)
		}
		l.cancel()
	}
	say(t, s.dial("?wire=short"), "is echoed all the same")
	s.tapes.mu.Lock()
	defer s.tapes.mu.Unlock()
	if len(s.tapes.byToken) != 1 {
		t.Errorf("%d tapes", len(s.tapes.byToken))
	}
}

// An EventSource that was cut names the last event that it has, in a header or, if it is a new one, in the query.
func TestAStreamGoesOnWhereItWasCut(t *testing.T) {
	for _, inQuery := range []bool{false, true} {
		s := start(t, nil)
		c := s.dial("?wire=" + tokenA)
		say(t, c, "before")
		l := s.listen(tokenA, "", "")
		if got := spell(l.until(func(e event) bool { return e.Frame != nil && e.Frame.Sent })); got != "open, <text before, >text before" {
			t.Errorf("before the cut: %s", got)
		}
		l.cancel()
		say(t, c, "meanwhile")
		after, header := "", l.id
		if inQuery {
			after, header = l.id, ""
		}
		l = s.listen(tokenA, after, header)
		if got := spell(l.until(func(e event) bool { return e.Frame != nil && e.Frame.Sent })); got != "<text meanwhile, >text meanwhile" {
			t.Errorf("after the cut: %s", got)
		}
		// An id of a server that is no more: from the beginning, and the name of the tape tells.
		again := s.listen(tokenA, "GONE-7", "").next()
		if got := spell(again.Events); !strings.HasPrefix(got, "open, <text before") || again.Tape == "GONE" || again.Lost != 0 {
			t.Errorf("with an id from elsewhere: %s", got)
		}
	}
}

func TestSilenceIsComments(t *testing.T) {
	s := start(t, func(l *limits) { l.silence = 30 * time.Millisecond })
	l := s.listen(tokenA, "", "")
	for range 3 {
		if got := l.line() + l.line(); got != ":" {
			t.Fatalf("%q", got)
		}
	}
}

// A listener that takes nothing holds up no connection; what it lost is counted.
func TestASlowPageLosesEventsAndHoldsUpNothing(t *testing.T) {
	s := start(t, func(l *limits) { l.events, l.batch = 100, 50 })
	l := s.listen(tokenA, "", "")
	c := s.dial("?wire=" + tokenA)
	begun := time.Now()
	for range 5000 {
		say(t, c, "0123456789")
	}
	if took := time.Since(begun); took > 15*time.Second {
		t.Errorf("5,000 messages took %v", took)
	}
	c.Close(shared.StatusNormalClosure, "")
	events, lost := 0, uint64(0)
	for ended := false; !ended; {
		b := l.next()
		if len(b.Events) > 50+maxRemembered {
			t.Errorf("a batch of %d", len(b.Events))
		}
		events += len(b.Events)
		lost += b.Lost
		ended = isEnd(b.Events[len(b.Events)-1])
	}
	if total := uint64(events) + lost; total != 1+10000+2+1 || lost == 0 {
		t.Errorf("%d events and %d lost, want 10004", events, lost)
	}
}

func TestLimitsOfTapesAndListeners(t *testing.T) {
	s := start(t, func(l *limits) { l.tapes, l.listeners, l.idle = 1, 2, 50*time.Millisecond })
	one, two := s.listen(tokenA, "", ""), s.listen(tokenA, "", "")
	if three := s.listen(tokenA, "", ""); three.status != http.StatusServiceUnavailable {
		t.Errorf("a third listener: %d", three.status)
	}
	if other := s.listen(tokenB, "", ""); other.status != http.StatusServiceUnavailable {
		t.Errorf("a second tape: %d", other.status)
	}
	c := s.dial("?wire=" + tokenB) // works without a tape
	say(t, c, "hi")
	one.cancel()
	two.cancel()
	// The tape is gone a while after its last user, and makes room.
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		l := s.listen(tokenB, "", "")
		l.cancel()
		if l.status == http.StatusOK {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the idle tape is still there")
		}
	}
}

// A connection keeps its tape, however long nobody listens.
func TestAConnectionKeepsItsTape(t *testing.T) {
	s := start(t, func(l *limits) { l.idle = 20 * time.Millisecond })
	c := s.dial("?wire=" + tokenA)
	say(t, c, "early")
	time.Sleep(100 * time.Millisecond)
	s.tapes.expire(tokenA, s.tapes.byToken[tokenA]) // a timer that was late
	if got := spell(s.listen(tokenA, "", "").next().Events); got != "open, <text early, >text early" {
		t.Error(got)
	}
}
