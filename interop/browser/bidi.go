package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// A bidi is a session of WebDriver BiDi, over a WebSocket of our own. Several goroutines may use it.
type bidi struct {
	conn *server.Conn

	mu      sync.Mutex
	last    int
	waiting map[int]chan answer
	ended   error
}

// An answer is what the browser has to say to a command.
type answer struct {
	ID      int             `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   string          `json:"error"`
	Message string          `json:"message"`
	err     error           // there will be none
}

// dialBiDi connects to the address that a browser has printed.
func dialBiDi(ctx context.Context, address string) (*bidi, error) {
	conn, err := server.Dial(ctx, address+"/session", nil)
	if err != nil {
		return nil, err
	}
	b := &bidi{conn: conn, waiting: make(map[int]chan answer)}
	go b.receive()
	return b, nil
}

func (b *bidi) receive() {
	for {
		m, err := b.conn.Receive(context.Background())
		if err != nil {
			b.fail(err)
			return
		}
		var a answer
		if err := json.Unmarshal(m.Payload, &a); err != nil {
			b.fail(err)
			return
		}
		b.mu.Lock()
		waiter := b.waiting[a.ID] // none for an event, which has no id
		delete(b.waiting, a.ID)
		b.mu.Unlock()
		if waiter != nil {
			waiter <- a
		}
	}
}

func (b *bidi) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = fmt.Errorf("the session has ended: %w", err)
	for id, waiter := range b.waiting {
		waiter <- answer{err: b.ended}
		delete(b.waiting, id)
	}
}

// call sends a command and puts its result into result, unless that is nil.
func (b *bidi) call(ctx context.Context, method string, params, result any) error {
	b.mu.Lock()
	if b.ended != nil {
		defer b.mu.Unlock()
		return b.ended
	}
	b.last++
	id := b.last
	waiter := make(chan answer, 1)
	b.waiting[id] = waiter
	b.mu.Unlock()

	command, err := json.Marshal(map[string]any{"id": id, "method": method, "params": params})
	if err == nil {
		err = b.conn.Send(ctx, shared.Text(string(command)))
	}
	var a answer
	if err == nil {
		select {
		case a = <-waiter:
			err = a.err
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if err == nil && a.Error != "" {
		err = errors.New(a.Error + ": " + a.Message)
	}
	if err == nil && result != nil {
		err = json.Unmarshal(a.Result, result)
	}
	if err != nil {
		b.mu.Lock()
		delete(b.waiting, id)
		b.mu.Unlock()
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}
