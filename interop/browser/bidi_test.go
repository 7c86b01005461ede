package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// answers plays a browser: of two commands it answers the later one first, and it refuses others, is silent, or leaves.
func answers(ctx context.Context, c *server.Conn) error {
	var held string
	for {
		m, err := c.Receive(ctx)
		if err != nil {
			return err
		}
		var command struct {
			ID     int
			Method string
		}
		if err := json.Unmarshal(m.Payload, &command); err != nil {
			return err
		}
		answer := fmt.Sprintf(`{"type":"success","id":%d,"result":{"of":%q}}`, command.ID, command.Method)
		switch command.Method {
		case "first", "second":
			if held == "" {
				held = answer
				continue
			}
			answer = `{"type":"event","method":"log.entryAdded","params":{}}` + "\n" + answer + "\n" + held
		case "silent":
			continue
		case "leave":
			return nil
		case "wrong":
			answer = fmt.Sprintf(`{"type":"error","id":%d,"error":"unknown command","message":"wrong is none"}`, command.ID)
		}
		for line := range strings.SplitSeq(answer, "\n") {
			if err := c.Send(ctx, shared.Text(line)); err != nil {
				return err
			}
		}
	}
}

func TestBiDi(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(server.Handler(answers, nil))
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	b, err := dialBiDi(ctx, strings.Replace(s.URL, "http", "ws", 1))
	must(t, err)
	defer b.conn.CloseNow()

	type result struct{ Of string }
	var one, two result
	first := make(chan error, 1)
	go func() { first <- b.call(ctx, "first", struct{}{}, &one) }()
	must(t, b.call(ctx, "second", struct{}{}, &two))
	must(t, <-first)
	if one.Of != "first" || two.Of != "second" {
		t.Errorf("the answers are %q and %q", one.Of, two.Of)
	}
	if err := b.call(ctx, "wrong", struct{}{}, nil); err == nil || !strings.Contains(err.Error(), "wrong: unknown command: wrong is none") {
		t.Errorf("what is refused gave %v", err)
	}
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if err := b.call(short, "silent", struct{}{}, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("what is not answered gave %v", err)
	}
	for range 2 { // the one that waits, and the one that comes too late
		if err := b.call(ctx, "leave", struct{}{}, nil); err == nil || !strings.Contains(err.Error(), "has ended") {
			t.Errorf("a session that ended gave %v", err)
		}
	}
}
