// Command tandem serves the page at / and the services that it talks to, /echo, /chat, /clock, /close, /feed,
// /tapes and /compositions, on one port.
// SIGINT and SIGTERM close the connections with 1001 and end it.
//
//	tandem [-addr localhost:8080] [-origin pattern]... [-compress=false] [-trace] [-tls | -cert file -key file]
//
// Without -addr the environment variable PORT chooses the port on localhost.
package main

// What package web embeds: the browser module, and the loader that belongs to the Go that builds it.
//
//go:generate env GOOS=js GOARCH=wasm go build -trimpath "-ldflags=-s -w" -o ../../../web/page/wasm/tandem.wasm ../../../wasm
//go:generate cp -f $GOROOT/lib/wasm/wasm_exec.js ../../../web/page/wasm/wasm_exec.js

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/server/endpoints"
	"example.com/tandem/server/endpoints/feed"
	"example.com/tandem/web"
)

// What a client may take over its request, how long a connection may stay unused between requests, and what a
// shutdown may take in all.
const (
	headerTimeout   = 10 * time.Second
	idleTimeout     = 2 * time.Minute
	shutdownTimeout = 10 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(ctx, os.Args[1:], os.Getenv("PORT"), os.Stdout, os.Stderr))
}

// run serves until ctx ends and returns the exit status: 2 for wrong arguments, 1 for what failed.
func run(ctx context.Context, args []string, port string, stdout, stderr io.Writer) int {
	c, err := parse(args, port, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		return 2 // package flag has said why
	}
	if err := c.serve(ctx, stdout); err != nil {
		fmt.Fprintln(stderr, "tandem:", err)
		return 1
	}
	return 0
}

// A command is what the arguments ask for.
type command struct {
	addr      string
	origins   []string
	compress  bool
	trace     bool
	tls       bool
	cert, key string
}

func parse(args []string, port string, stderr io.Writer) (c command, err error) {
	if port == "" {
		port = "8080"
	}
	flags := flag.NewFlagSet("tandem", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&c.addr, "addr", net.JoinHostPort("localhost", port), "`host:port` to listen on; without a host, all addresses")
	flags.Func("origin", "`pattern` of further origins whose pages may connect, such as https://*.example.com; may be given several times", func(s string) error {
		c.origins = append(c.origins, s)
		return nil
	})
	flags.BoolVar(&c.compress, "compress", true, "compress messages with clients that offer permessage-deflate")
	flags.BoolVar(&c.trace, "trace", false, "print every frame, a line each")
	flags.BoolVar(&c.tls, "tls", false, "serve https and wss with a certificate made for this run, which browsers have to be told to trust")
	flags.StringVar(&c.cert, "cert", "", "`file` with the certificate, PEM, to serve https and wss")
	flags.StringVar(&c.key, "key", "", "`file` with the certificate's key, PEM")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	if flags.NArg() > 0 || (c.cert == "") != (c.key == "") || c.tls && c.cert != "" {
		fmt.Fprintln(stderr, "tandem takes flags alone, -cert and -key only together, and not with -tls")
		flags.Usage()
		return c, errors.New("wrong arguments")
	}
	return c, nil
}

// serve listens, says so, and serves until ctx ends.
func (c command) serve(ctx context.Context, stdout io.Writer) error {
	certificate, err := c.certificate()
	if err != nil {
		return err
	}
	listeners, err := listen(c.addr)
	if err != nil {
		return err
	}
	registry := new(server.Registry)
	mux := http.NewServeMux()
	mux.Handle("/", web.Handler())
	opts := &server.Options{Origins: c.origins, Registry: registry}
	if c.compress {
		opts.Compression = &server.Compression{}
	}
	if c.trace {
		opts.Trace = (&tracer{out: stdout}).trace
	}
	services := endpoints.New(opts)
	for _, path := range endpoints.Paths {
		mux.Handle(path, services)
	}
	s := &http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout}
	feed.Count(s)
	requests, end := context.WithCancel(context.Background())
	s.BaseContext = func(net.Listener) context.Context { return requests }
	s.RegisterOnShutdown(end) // long polls and streams of events end at once, and are not waited for

	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		if certificate != nil { // with HTTP/1.1 alone: a WebSocket cannot be opened over net/http's HTTP/2
			l = tls.NewListener(feed.Counting(l), &tls.Config{Certificates: []tls.Certificate{*certificate}, NextProtos: []string{"http/1.1"}})
			l = server.RecordHandshakes(l)
		} else {
			l = feed.Counting(server.RecordHandshakes(l)) // in this order, for the connection to be given away as it was
		}
		go func() { failed <- s.Serve(l) }()
	}
	fmt.Fprintln(stdout, "tandem:", c.url(listeners[0]))
	if c.tls {
		fmt.Fprintln(stdout, "tandem: its certificate's SHA-256 is", fingerprint(*certificate))
	}

	select {
	case err = <-failed:
		s.Close()
		return err
	case <-ctx.Done():
		return shutdown(s, registry, stdout)
	}
}

// certificate is what TLS is spoken with; nil: it is not.
func (c command) certificate() (*tls.Certificate, error) {
	var made tls.Certificate
	var err error
	switch {
	case c.tls:
		made, err = newCertificate()
	case c.cert != "":
		made, err = tls.LoadX509KeyPair(c.cert, c.key)
	default:
		return nil, nil
	}
	return &made, err
}

// url is the address of the page, with the host as it was asked for.
func (c command) url(l net.Listener) string {
	scheme := "http"
	if c.tls || c.cert != "" {
		scheme = "https"
	}
	host, _, _ := net.SplitHostPort(c.addr) // listen has accepted it
	if host == "" {
		host = "localhost"
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return scheme + "://" + net.JoinHostPort(host, port)
}

// shutdown closes the WebSocket connections, which net/http knows nothing of, and then everything else.
func shutdown(s *http.Server, registry *server.Registry, stdout io.Writer) error {
	fmt.Fprintf(stdout, "tandem: shutting down, connections: %d\n", registry.Len())
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	report, err := registry.Shutdown(ctx)
	fmt.Fprintf(stdout, "tandem: closed cleanly: %d, cut: %d\n", report.Clean, report.Forced)
	if err = errors.Join(err, s.Shutdown(ctx)); err != nil {
		s.Close()
	}
	return err
}
