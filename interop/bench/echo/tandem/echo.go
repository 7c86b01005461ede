// Package tandem puts this project's server to use, in each of its forms.
package tandem

import (
	"context"
	"net/http"

	"example.com/tandem/interop/bench/serve"
	"example.com/tandem/server"
	"example.com/tandem/shared"
)

var options = &server.Options{Compression: &server.Compression{}}

// Blocking receives and sends in the goroutine of the request.
func Blocking() serve.Handlers {
	echo := server.Handler(echoes, options)
	h := new(hub)
	members := server.Handler(h.serve, options)
	return serve.Handlers{Echo: echo, Checked: echo, Hub: members, SlowHub: members}
}

// Accepted is Blocking without a context that follows the request's.
func Accepted() serve.Handlers {
	return serve.Handlers{Echo: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := server.Accept(w, r, options)
		if err != nil {
			return
		}
		defer c.CloseNow()
		echoes(context.Background(), c)
	})}
}

// Goroutine is Accepted in a goroutine of its own, when the handler has returned.
func Goroutine() serve.Handlers {
	return serve.Handlers{Echo: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := server.Accept(w, r, options)
		if err != nil {
			return
		}
		go func() {
			defer c.CloseNow()
			echoes(context.Background(), c)
		}()
	})}
}

// Handed is the handler form: each message is a call.
func Handed() serve.Handlers {
	echo := server.EachMessage(server.MessageFunc(func(c *server.Conn, m shared.Message) error {
		return c.Send(context.Background(), m)
	}), options)
	h := new(hub)
	members := h.handed()
	return serve.Handlers{Echo: echo, Checked: echo, Hub: members, SlowHub: members}
}

func echoes(ctx context.Context, c *server.Conn) error {
	for {
		m, err := c.Next(ctx)
		if err != nil {
			return err
		}
		if err := c.Send(ctx, m); err != nil {
			return err
		}
	}
}
