package server_test

import (
	"context"
	"fmt"
	"maps"
	"net/http/httptest"
	"strings"
	"sync"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// A room passes on what its members say.
type room struct {
	mu      sync.Mutex
	members map[*server.Conn]struct{}
}

func (r *room) visit(ctx context.Context, c *server.Conn) error {
	r.mu.Lock()
	r.members[c] = struct{}{}
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		delete(r.members, c)
		r.mu.Unlock()
	}()
	for {
		m, err := c.Receive(ctx)
		if err != nil {
			return err
		}
		if err := r.say(m); err != nil {
			return err
		}
	}
}

// say never waits, so that the room can stay locked and all hear the messages in the same order. Who is too slow for the
// room has to leave it.
func (r *room) say(m shared.Message) error {
	p, err := server.Prepare(m)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err = server.Broadcast(maps.Keys(r.members), p, server.CloseSlow)
	return err
}

// A chat room.
func ExampleBroadcast() {
	chat := &room{members: make(map[*server.Conn]struct{})}
	s := httptest.NewServer(server.Handler(chat.visit, &server.Options{Limits: server.Limits{Message: 64 << 10}})) // less than Outgoing
	defer s.Close()

	ctx := context.Background()
	var members []*server.Conn
	for range 3 {
		c, err := server.Dial(ctx, strings.Replace(s.URL, "http", "ws", 1), nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer c.CloseNow()
		members = append(members, c)
		c.Send(ctx, shared.Text("I am here"))
		c.Receive(ctx) // the room has let it in
	}
	members[2].Send(ctx, shared.Text("Hello, all"))
	for _, c := range members {
		for {
			m, err := c.Receive(ctx)
			if err != nil || m.String() == "Hello, all" {
				fmt.Println(m, err)
				break
			}
		}
	}
	// Output:
	// Hello, all <nil>
	// Hello, all <nil>
	// Hello, all <nil>
}
