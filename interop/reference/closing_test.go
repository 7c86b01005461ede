package reference

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"example.com/tandem/shared"
)

func TestSection7_1_ClosingHandshake(t *testing.T) {
	for _, test := range []shared.CloseError{
		{Code: 1000},
		{Code: 1000, Reason: "done"},
		{Code: 1001, Reason: "bis später"},
		{Code: 1005}, // a Close frame without a code
		{Code: 1008, Reason: "not you"},
		{Code: 1011},
		{Code: 3000, Reason: "registered"},
		{Code: 4999, Reason: strings.Repeat("r", shared.MaxCloseReason)},
	} {
		t.Run(fmt.Sprint(uint16(test.Code)), func(t *testing.T) {
			eachWay(t, settings{}, func(t *testing.T, from, to end) { closes(t, from, to, test) })
		})
	}
}

// closes ends the connection from one end and looks at what either of them says of it.
func closes(t *testing.T, from, to end, c shared.CloseError) {
	ctx := within(t, 10*time.Second)
	pass(t, from, to, shared.Text("before")) // it works until then
	received := make(chan error, 1)
	go func() {
		_, err := to.Receive(ctx)
		received <- err
	}()
	if err := from.Close(c.Code, c.Reason); err != nil {
		t.Errorf("Close: %v", err)
	}
	err := <-received
	if got := told(to, err); got != c {
		t.Errorf("the other end was told %d %q, want %d %q (%v)", got.Code, got.Reason, c.Code, c.Reason, err)
	}
	for _, e := range []end{from, to} {
		if e.Send(ctx, shared.Text("after")) == nil {
			t.Errorf("%T sends after the end", e)
		}
	}
	if e, ok := to.(ours); ok {
		checkReceived(t, e, err, c)
	}
	if e, ok := from.(ours); ok {
		if end := e.End(); end == nil || end.By != shared.PartyLocal || told(e, nil) != c {
			t.Errorf("End says %v", end)
		}
		if _, err := e.Receive(ctx); c.Code.IsNormal() != (err == io.EOF) {
			t.Errorf("Receive after the end: %v", err)
		}
	}
}

// checkReceived checks what our Receive made of the peer's Close.
func checkReceived(t *testing.T, e ours, err error, c shared.CloseError) {
	if end := e.End(); end == nil || end.By != shared.PartyPeer {
		t.Errorf("End says %v", end)
	}
	if c.Code.IsNormal() {
		if err != io.EOF {
			t.Errorf("Receive: %v, want io.EOF", err)
		}
		return
	}
	var got *shared.CloseError
	if !errors.As(err, &got) || *got != c || !errors.Is(err, shared.ErrClosed) || !errors.Is(err, net.ErrClosed) {
		t.Errorf("Receive: %v, want a CloseError with %d %q that matches ErrClosed", err, c.Code, c.Reason)
	}
}

func TestSection7_1_ClosesThatCross(t *testing.T) {
	eachPair(t, settings{}, func(t *testing.T, c connection) {
		theirs := make(chan error, 1)
		go func() { theirs <- c.reference.Close(3002, "theirs") }()
		if err := c.ours.Close(3001, "ours"); err != nil {
			t.Errorf("our Close: %v", err)
		}
		if got := told(c.ours, nil); got != (shared.CloseError{Code: 3001, Reason: "ours"}) {
			t.Errorf("our End tells %d %q", got.Code, got.Reason)
		}
		// The reference expects its own code to come back, and tells which one came instead.
		if got := told(c.reference, <-theirs); got != (shared.CloseError{Code: 3001, Reason: "ours"}) {
			t.Errorf("their Close tells %d %q", got.Code, got.Reason)
		}
	})
}

func TestSection7_1_NothingSentBeforeCloseIsLost(t *testing.T) {
	const messages = 2000
	eachWay(t, settings{}, func(t *testing.T, from, to end) {
		ctx := within(t, 10*time.Second)
		sent := make(chan error, 1)
		go func() {
			m := sample(shared.OpcodeBinary, 1000)
			for range messages {
				if err := from.Send(ctx, m); err != nil {
					sent <- err
					return
				}
			}
			sent <- from.Close(shared.StatusNormalClosure, "")
		}()
		n := 0
		for {
			_, err := to.Receive(ctx)
			if err != nil {
				if got := told(to, err); got.Code != shared.StatusNormalClosure {
					t.Errorf("ended with %v", err)
				}
				break
			}
			n++
		}
		if n != messages {
			t.Errorf("received %d of %d messages", n, messages)
		}
		if err := <-sent; err != nil {
			t.Error(err)
		}
	})
}

func TestSection7_1_5_NoClosingHandshake(t *testing.T) {
	eachWay(t, settings{}, func(t *testing.T, from, to end) {
		ctx := within(t, 10*time.Second)
		pass(t, from, to, shared.Text("before"))
		received := make(chan error, 1)
		go func() {
			_, err := to.Receive(ctx)
			received <- err
		}()
		from.CloseNow()
		err := <-received
		if err == nil || err == io.EOF || told(to, err).Code != shared.StatusAbnormalClosure {
			t.Errorf("Receive: %v", err)
		}
		e, ok := to.(ours)
		if !ok {
			return
		}
		end := e.End()
		if end == nil || end.By != shared.PartyPeer || end.Code != shared.StatusAbnormalClosure {
			t.Errorf("End says %v", end)
		}
		if !errors.Is(err, io.ErrUnexpectedEOF) || !errors.Is(err, shared.ErrClosed) || !errors.Is(err, net.ErrClosed) {
			t.Errorf("Receive: %v, want one that matches io.ErrUnexpectedEOF and ErrClosed", err)
		}
	})
}
