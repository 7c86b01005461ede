package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/tandem/shared"
	"example.com/tandem/wasm/client"
)

// wire is the code that the peer sees when this end closes with code.
func wire(code shared.StatusCode) shared.StatusCode {
	if inBrowser {
		return code.Browser()
	}
	return code
}

// seen gives what the server knows about the end of /echo?id=: code and reason.
func seen(t *testing.T, id string) string {
	t.Helper()
	return receive(t, open(t, "/ended?id="+id, nil)).String()
}

// checkEnd checks everything that tells of an end.
func checkEnd(t *testing.T, c *client.Conn, by shared.Party, code shared.StatusCode, reason string) {
	t.Helper()
	end := c.End()
	if end == nil || end.By != by || end.Layer != shared.LayerClosingHandshake || end.Code != code || end.Reason != reason {
		t.Errorf("End gave %v; want %v, %v %q", end, by, code, reason)
		return
	}
	_, err := c.Receive(within(t, 10*time.Second))
	if code.IsNormal() {
		if err != io.EOF {
			t.Errorf("Receive gave %v, want io.EOF", err)
		}
	} else if endOf(t, err) != end {
		t.Errorf("Receive gave %v, want %v", err, end)
	} else if e, ok := errors.AsType[*shared.CloseError](err); !ok || e.Code != code || e.Reason != reason {
		t.Errorf("the CloseError of %v is %v", err, e)
	}
	if err := c.Send(within(t, 10*time.Second), shared.Text("more")); endOf(t, err) != end {
		t.Errorf("Send gave %v, want %v", err, end)
	}
	select {
	case <-c.Context().Done():
		if endOf(t, context.Cause(c.Context())) != end {
			t.Errorf("the Context's cause is %v", context.Cause(c.Context()))
		}
	case <-time.After(5 * time.Second):
		t.Error("the Context was not cancelled")
	}
	if err := c.Close(shared.StatusNormalClosure, ""); err != nil {
		t.Errorf("Close after the end gave %v", err)
	}
}

func TestSection7_PeerCloses(t *testing.T) {
	for _, test := range []shared.CloseError{
		{Code: 1000, Reason: "done"}, {Code: 1000}, {Code: 1001, Reason: "going"}, {Code: 1005},
		{Code: 1003}, {Code: 1008, Reason: "🚫 " + strings.Repeat("x", 118)}, {Code: 1009}, {Code: 1011, Reason: "oh"}, {Code: 1012},
		{Code: 3000, Reason: "three"}, {Code: 3001, Reason: "\ufeffmark"}, {Code: 4008, Reason: "the peer's own"}, {Code: 4999},
	} {
		c := open(t, fmt.Sprintf("/close?code=%d&reason=%s&first=before", test.Code, url.QueryEscape(test.Reason)), nil)
		if m := receive(t, c); m.String() != "before" {
			t.Errorf("%d: %q came before the end", test.Code, m)
		}
		_, err := c.Receive(within(t, 10*time.Second))
		if testEngine == "WebKitGTK" && test.Code == 1012 { // it knows none of the codes that came after RFC 6455
			if end := endOf(t, err); end.Code != shared.StatusAbnormalClosure {
				t.Errorf("%d: Receive gave %v", test.Code, err)
			}
			continue
		}
		if (err == io.EOF) != test.Code.IsNormal() {
			t.Errorf("%d: Receive gave %v", test.Code, err)
		}
		checkEnd(t, c, shared.PartyPeer, test.Code, test.Reason)
	}
}

func TestSection7_Close(t *testing.T) {
	for _, test := range []shared.CloseError{
		{Code: 1000, Reason: "done"}, {Code: 1000}, {Code: 1001, Reason: "leaving"}, {Code: 1005},
		{Code: 1008, Reason: "no " + strings.Repeat("x", 120)}, {Code: 1009}, {Code: 1011, Reason: "ошибка"}, {Code: 1013},
		{Code: 3000}, {Code: 4999, Reason: "mine"}, {Code: 3001, Reason: "\ufeffmark"},
	} {
		id := newID()
		c := open(t, "/echo?id="+id, nil)
		works(t, c)
		if err := c.Close(test.Code, test.Reason); err != nil {
			t.Errorf("Close(%d) gave %v", test.Code, err)
		}
		checkEnd(t, c, shared.PartyLocal, test.Code, test.Reason)
		if got, want := seen(t, id), fmt.Sprint(int(wire(test.Code)), " ", test.Reason); got != want {
			t.Errorf("Close(%d): the server saw %q, want %q", test.Code, got, want)
		}
	}
}

func TestSection7_4_CloseArguments(t *testing.T) {
	c := open(t, "/echo", nil)
	for _, test := range []shared.CloseError{
		{Code: 0}, {Code: 999}, {Code: 1004}, {Code: 1006}, {Code: 1015}, {Code: 1016}, {Code: 2999}, {Code: 5000},
		{Code: 1000, Reason: strings.Repeat("x", 124)}, {Code: 1000, Reason: "\xff"}, {Code: 1005, Reason: "no room"},
	} {
		err := c.Close(test.Code, test.Reason)
		if _, ok := errors.AsType[*shared.CloseArgumentError](err); !ok {
			t.Errorf("Close(%d, %q) gave %v", test.Code, test.Reason, err)
		}
	}
	works(t, c)
}

// After Close nothing is received, as in a browser.
func TestCloseDropsMessages(t *testing.T) {
	c := open(t, "/push?n=2000&size=50", nil)
	receive(t, c)
	time.Sleep(20 * time.Millisecond)
	if err := c.Close(shared.StatusNormalClosure, ""); err != nil {
		t.Errorf("Close gave %v", err)
	}
	if m, err := c.Receive(within(t, 5*time.Second)); err != io.EOF {
		t.Errorf("Receive gave %d bytes, %v", len(m.Payload), err)
	}
}

func TestCloseWhileReceiveWaits(t *testing.T) {
	c := open(t, "/echo", nil)
	waiting := make(chan error, 1)
	go func() {
		_, err := c.Receive(context.Background())
		waiting <- err
	}()
	time.Sleep(20 * time.Millisecond)
	if err := c.Close(shared.StatusNormalClosure, ""); err != nil {
		t.Errorf("Close gave %v", err)
	}
	select {
	case err := <-waiting:
		if err != io.EOF {
			t.Errorf("Receive gave %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("Receive went on waiting")
	}
}

func TestCloseTwice(t *testing.T) {
	c := open(t, "/echo", nil)
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() {
			if err := c.Close(shared.StatusGoingAway, "one of ten"); err != nil {
				t.Errorf("Close gave %v", err)
			}
		})
	}
	wait.Wait()
	checkEnd(t, c, shared.PartyLocal, shared.StatusGoingAway, "one of ten")
}

func TestCloseNobodyAnswers(t *testing.T) {
	c := open(t, "/never-close", &client.Options{Close: 200 * time.Millisecond})
	send(t, c, shared.Text("hello"))
	begin := time.Now()
	err := c.Close(shared.StatusPolicyViolation, "enough")
	took := time.Since(begin)
	end := endOf(t, err)
	if end.By != shared.PartyLocal || end.Layer != shared.LayerTimeLimit || end != c.End() {
		t.Errorf("Close gave %v, End %v", err, c.End())
	}
	if took < 200*time.Millisecond || took > 2*time.Second {
		t.Errorf("Close took %v", took)
	}
	if _, err := c.Receive(within(t, 5*time.Second)); endOf(t, err) != end {
		t.Errorf("Receive gave %v", err)
	}
	if err := c.Close(shared.StatusNormalClosure, ""); endOf(t, err) != end {
		t.Errorf("a second Close gave %v", err)
	}
}

func TestCloseNow(t *testing.T) {
	c := open(t, "/never-close", nil)
	waiting := make(chan error, 1)
	go func() {
		_, err := c.Receive(context.Background())
		waiting <- err
	}()
	time.Sleep(20 * time.Millisecond)
	begin := time.Now()
	for range 2 {
		if err := c.CloseNow(); err != nil {
			t.Errorf("CloseNow gave %v", err)
		}
	}
	end := endOf(t, <-waiting)
	if took := time.Since(begin); took > time.Second {
		t.Errorf("CloseNow took %v", took)
	}
	if end.By != shared.PartyLocal || end.Layer != shared.LayerLocal || end != c.End() {
		t.Errorf("Receive gave %v, End %v", end, c.End())
	}
	if err := c.Send(within(t, time.Second), shared.Text("more")); endOf(t, err) != end {
		t.Errorf("Send gave %v", err)
	}
	if err := c.Close(shared.StatusNormalClosure, ""); endOf(t, err) != end {
		t.Errorf("Close gave %v", err)
	}
}

// An end without a Close is never io.EOF, wherever it comes.
func TestDropped(t *testing.T) {
	for _, path := range []string{"/drop?asked=1", "/drop?asked=1&inside=1"} {
		c := open(t, path, nil)
		send(t, c, shared.Text("go"))
		if m := receive(t, c); m.String() != "first" {
			t.Errorf("%s: %q came first", path, m)
		}
		_, err := c.Receive(within(t, 10*time.Second))
		if err == io.EOF {
			t.Errorf("%s: io.EOF", path)
			continue
		}
		end := endOf(t, err)
		if end.By == shared.PartyLocal || end.Layer == shared.LayerClosingHandshake || end.Code != shared.StatusAbnormalClosure {
			t.Errorf("%s: the end is %v", path, end)
		}
		if err := c.Close(shared.StatusNormalClosure, ""); endOf(t, err) != end {
			t.Errorf("%s: Close gave %v", path, err)
		}
	}
}

// A violation by the peer is an end that is not normal. A browser says 1006.
func TestSection5_2_PeerViolates(t *testing.T) {
	want := shared.StatusProtocolError
	if inBrowser {
		want = shared.StatusAbnormalClosure
	}
	c := open(t, "/violate?asked=1", nil)
	send(t, c, shared.Text("go"))
	_, err := c.Receive(within(t, 10*time.Second))
	if end := endOf(t, err); end.Code != want || end.Layer == shared.LayerClosingHandshake {
		t.Errorf("Receive gave %v, want %v", end, want)
	}
}
