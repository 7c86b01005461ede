package server_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// echo sends back what it receives, until the client leaves.
func echo(ctx context.Context, c *server.Conn) error {
	for {
		m, err := c.Next(ctx) // is valid until the next one
		if err != nil {
			return err // io.EOF when the client closed normally
		}
		if err := c.Send(ctx, m); err != nil {
			return err
		}
	}
}

// The error that a handler returns decides how its connection is closed.
func ExampleHandler() {
	mux := http.NewServeMux()
	mux.Handle("/echo", server.Handler(echo, &server.Options{Origins: []string{"https://app.example.com"}}))
	mux.Handle("/closed", server.Handler(func(context.Context, *server.Conn) error {
		return &shared.CloseError{Code: shared.StatusTryAgainLater, Reason: "back at noon"}
	}, nil))
	s := httptest.NewServer(mux)
	defer s.Close()

	ctx := context.Background()
	for _, path := range []string{"/echo", "/closed"} {
		c, err := server.Dial(ctx, strings.Replace(s.URL, "http", "ws", 1)+path, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		c.Send(ctx, shared.Text("Hello"))
		m, err := c.Receive(ctx)
		fmt.Println(m, err)
		c.Close(shared.StatusNormalClosure, "")
	}
	// Output:
	// Hello <nil>
	//  websocket: closed by peer in the closing handshake: 1013 try again later "back at noon"
}

// Shut a whole server down: first the connections that http.Server has forgotten, then the server.
func ExampleRegistry_Shutdown() {
	registry := &server.Registry{MaxConns: 10_000}
	s := httptest.NewServer(server.Handler(echo, &server.Options{Registry: registry}))
	defer s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	c, err := server.Dial(ctx, strings.Replace(s.URL, "http", "ws", 1), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	c.Send(ctx, shared.Text("Hello"))
	c.Receive(ctx)
	go c.Receive(ctx) // a client that listens hears of the end

	report, err := registry.Shutdown(ctx)
	fmt.Println(report.Clean, "clean,", report.Forced, "forced,", err)
	fmt.Println(s.Config.Shutdown(ctx))
	<-c.Context().Done()
	fmt.Println(c.End().Code)
	// Output:
	// 1 clean, 0 forced, <nil>
	// <nil>
	// 1001 going away
}

// A message that need not be held whole, at either end.
func ExampleConn_NextWriter() {
	client, srv, err := server.Pipe(server.Limits{}, server.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseNow()
	defer srv.CloseNow()
	ctx := context.Background()

	go func() {
		w, err := client.NextWriter(ctx, shared.OpcodeText)
		if err != nil {
			return
		}
		for i := range 3 {
			fmt.Fprintln(w, "line", i)
		}
		w.Close() // ends the message; until then no other is sent
	}()
	op, r, err := srv.NextReader(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	text, err := io.ReadAll(r)
	fmt.Printf("%s, %v\n%s", op, err, text)
	// Output:
	// text, <nil>
	// line 0
	// line 1
	// line 2
}

// Only the beginning of a message is of interest: the next receive discards the rest.
func ExampleConn_NextReader() {
	client, srv, err := server.Pipe(server.Limits{}, server.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseNow()
	defer srv.CloseNow()
	ctx := context.Background()
	client.Send(ctx, shared.Text("GIF89a and a megabyte more"))
	client.Send(ctx, shared.Text("the next message"))

	_, r, err := srv.NextReader(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	magic := make([]byte, 6)
	io.ReadFull(r, magic)
	m, err := srv.Receive(ctx)
	_, abandoned := r.Read(magic)
	fmt.Printf("%s; %s, %v\n%v\n", magic, m, err, abandoned)
	// Output:
	// GIF89a; the next message, <nil>
	// websocket: the rest of this message was discarded by a later receive
}

// Pipe tests a handler's function without a network.
func ExamplePipe() {
	client, srv, err := server.Pipe(server.Limits{}, server.Limits{Message: 5})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	result := make(chan error, 1)
	go func() { result <- echo(ctx, srv) }()

	client.Send(ctx, shared.Text("short"))
	fmt.Println(client.Receive(ctx))
	client.Send(ctx, shared.Text("longer"))
	client.Receive(ctx)
	fmt.Println(client.End().Code)
	fmt.Println(<-result)
	// Output:
	// short <nil>
	// 1009 message too big
	// websocket: ended by this end after a violation: 1009 message too big: message longer than 5 bytes (RFC 6455 §10.4)
}

// A message for many connections is compressed once for all that keep no context.
func ExamplePrepare() {
	news, err := server.Prepare(shared.Text(strings.Repeat("The fox jumps over the dog. ", 100)))
	if err != nil {
		fmt.Println(err)
		return
	}
	s := httptest.NewServer(server.Handler(func(ctx context.Context, c *server.Conn) error {
		return c.SendPrepared(ctx, news)
	}, &server.Options{Compression: &server.Compression{NoContextTakeover: true}}))
	defer s.Close()

	ctx := context.Background()
	for range 3 {
		c, err := server.Dial(ctx, strings.Replace(s.URL, "http", "ws", 1), &server.DialOptions{Compression: &server.Compression{}})
		if err != nil {
			fmt.Println(err)
			return
		}
		m, err := c.Receive(ctx)
		fmt.Println(len(m.Payload), err)
		c.Close(shared.StatusNormalClosure, "")
	}
	// Output:
	// 2800 <nil>
	// 2800 <nil>
	// 2800 <nil>
}

// A connection's frames in a log.
func ExampleTrace() {
	log := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	ended := make(chan struct{})
	trace := func(r *http.Request) *server.Trace {
		log := log.With("path", r.URL.Path)
		return &server.Trace{
			Frame: func(f server.TraceFrame) {
				log.Info("frame", "sent", f.Sent, "opcode", f.Header.Opcode, "fin", f.Header.Fin, "length", f.Header.Length, "payload", string(f.Payload()))
			},
			End: func(e *shared.EndError) {
				log.Info("end", "code", e.Code, "by", e.By)
				close(ended)
			},
		}
	}
	s := httptest.NewServer(server.Handler(echo, &server.Options{Trace: trace}))
	defer s.Close()
	ctx := context.Background()
	c, err := server.Dial(ctx, strings.Replace(s.URL, "http", "ws", 1)+"/echo", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	c.Send(ctx, shared.Text("Hello"))
	c.Receive(ctx)
	c.CloseNow()
	<-ended
	// Output:
	// level=INFO msg=frame path=/echo sent=false opcode=text fin=true length=5 payload=Hello
	// level=INFO msg=frame path=/echo sent=true opcode=text fin=true length=5 payload=Hello
	// level=INFO msg=end path=/echo code="1006 abnormal closure" by=peer
}
