package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// A service that greets each client, and the client.
func Example() {
	greet := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := server.Accept(w, r, &server.Options{Subprotocols: []string{"greeting"}})
		if err != nil {
			return // the client has its answer
		}
		defer c.Close(shared.StatusNormalClosure, "")
		c.Send(r.Context(), shared.Text("Hello"))
	})
	s := httptest.NewServer(greet)
	defer s.Close()

	ctx := context.Background()
	c, err := server.Dial(ctx, strings.Replace(s.URL, "http", "ws", 1), &server.DialOptions{Subprotocols: []string{"greeting"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.CloseNow()
	m, err := c.Receive(ctx)
	fmt.Println(c.Subprotocol(), m, err)
	// Output: greeting Hello <nil>
}

// A server that does not switch protocols answers with a status and a body.
func ExampleHandshakeError() {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	_, err := server.Dial(context.Background(), strings.Replace(s.URL, "http", "ws", 1), nil)
	if e, ok := errors.AsType[*server.HandshakeError](err); ok {
		fmt.Printf("%d %s", e.Status, e.Body)
	}
	// Output: 404 404 page not found
}
