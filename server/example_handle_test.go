package server_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// A hall is what all its guests share.
type hall struct {
	mu     sync.Mutex
	guests map[*server.Conn]bool
}

// A guest is what the hall keeps of one connection, and the handler of it: Message is never called twice at once, so
// that what belongs to the connection alone needs no lock.
type guest struct {
	hall *hall
	name string // the first message
	said int
}

// ServeHTTP accepts a guest and returns: no goroutine waits for what it says.
func (r *hall) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	c, err := server.Accept(w, req, nil)
	if err != nil {
		return // Accept has answered
	}
	r.mu.Lock()
	r.guests[c] = true
	r.mu.Unlock()
	if c.Handle(&guest{hall: r}) != nil { // it has ended already, and End is not called
		r.remove(c)
	}
}

// Message is called for each message of the guest.
func (g *guest) Message(c *server.Conn, m shared.Message) error {
	switch {
	case m.Opcode != shared.OpcodeText:
		return &shared.CloseError{Code: shared.StatusUnsupportedData, Reason: "we talk"}
	case g.name == "":
		g.name = m.String()
		g.hall.tell(g.name + " is here")
	default:
		g.said++
		g.hall.tell(g.name + ": " + m.String())
	}
	return nil
}

// End is called once, whatever ended the connection.
func (g *guest) End(c *server.Conn, err error) {
	g.hall.remove(c)
	g.hall.tell(fmt.Sprintf("%s has left after %d messages (%v)", g.name, g.said, c.End().Code))
}

func (r *hall) remove(c *server.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.guests, c)
}

// tell sends a line to all guests, and waits for none of them.
func (r *hall) tell(line string) {
	p, err := server.Prepare(shared.Text(line))
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	server.Broadcast(maps.Keys(r.guests), p, server.CloseSlow)
}

// A handler is called for each message; between two, its connection has no goroutine.
func ExampleConn_Handle() {
	s := httptest.NewServer(&hall{guests: make(map[*server.Conn]bool)})
	defer s.Close()
	ctx := context.Background()
	url := strings.Replace(s.URL, "http", "ws", 1)

	ann, err := server.Dial(ctx, url, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ann.CloseNow()
	hear := func() {
		m, err := ann.Receive(ctx)
		fmt.Println(m, err)
	}
	ann.Send(ctx, shared.Text("Ann"))
	hear()

	bob, err := server.Dial(ctx, url, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	bob.Send(ctx, shared.Text("Bob"))
	hear()
	bob.Send(ctx, shared.Text("Hello"))
	hear()
	bob.Close(shared.StatusGoingAway, "")
	hear()
	// Output:
	// Ann is here <nil>
	// Bob is here <nil>
	// Bob: Hello <nil>
	// Bob has left after 1 messages (1001 going away) <nil>
}
