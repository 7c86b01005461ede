package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"

	"nhooyr.io/websocket"

	"example.com/tandem/interop/conform"
)

// referenceName is the module that our ends are compared with.
const referenceName = "nhooyr.io/websocket"

// referenceLimit is our own limit of a message.
const referenceLimit = 16 << 20

// testReferenceServer runs the suite against the reference as a server, in this process.
func testReferenceServer(ctx context.Context, suite *conform.Suite) (*conform.Report, error) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionContextTakeover})
		if err == nil {
			echo(r.Context(), c)
		}
	}))
	defer s.Close()
	report, err := suite.TestServer(ctx, strings.Replace(s.URL, "http", "ws", 1))
	if err != nil {
		return nil, err
	}
	report.Peer = referenceName
	return report, nil
}

// testReferenceClient runs the suite against the reference as a client.
func testReferenceClient(ctx context.Context, suite *conform.Suite) (*conform.Report, error) {
	return suite.TestClient(ctx, referenceName, func(ctx context.Context, address string) error {
		c, _, err := websocket.Dial(ctx, address, &websocket.DialOptions{CompressionMode: websocket.CompressionContextTakeover})
		if err != nil {
			return err
		}
		return echo(ctx, c)
	})
}

// echo reads each message into a buffer that is used again, and writes it as one frame.
func echo(ctx context.Context, c *websocket.Conn) error {
	defer c.CloseNow()
	c.SetReadLimit(referenceLimit)
	var b bytes.Buffer
	for {
		kind, message, err := c.Reader(ctx)
		if err != nil {
			return err
		}
		b.Reset()
		if _, err := b.ReadFrom(message); err != nil {
			return err
		}
		if err := c.Write(ctx, kind, b.Bytes()); err != nil {
			return err
		}
	}
}
