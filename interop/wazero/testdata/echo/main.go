//go:build js && wasm

// A program that does one thing with package client n times: echo MODE N.
package main

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"time"

	"example.com/tandem/shared"
	"example.com/tandem/wasm/client"
)

var ctx = context.Background()

func main() {
	n, err := strconv.Atoi(os.Args[2])
	check(err)
	switch os.Args[1] {
	case "ping-pong": // one message in flight
		c := open()
		for range n {
			send(c, shared.Binary(make([]byte, 16)))
			receive(c)
		}
	case "ping-pong of text":
		c := open()
		for range n {
			send(c, shared.Text("sixteen letters!"))
			receive(c)
		}
	case "flood": // all in flight
		c := open()
		for range n {
			send(c, shared.Binary(make([]byte, 16)))
		}
		for range n {
			receive(c)
		}
	case "connections": // one after the other, closed by the closing handshake and without
		for i := range n {
			c := open()
			send(c, shared.Text("hello"))
			receive(c)
			if i%2 == 0 {
				check(c.Close(shared.StatusNormalClosure, ""))
			} else {
				c.CloseNow()
			}
		}
	default:
		panic(os.Args[1])
	}
	for range 3 { // what was dropped is given back to the page by finalizers
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
}

func open() *client.Conn {
	c, err := client.Open(ctx, os.Getenv("SERVER"), nil)
	check(err)
	return c
}

func send(c *client.Conn, m shared.Message) { check(c.Send(ctx, m)) }

var buffer []byte

func receive(c *client.Conn) {
	var err error
	_, buffer, err = c.ReceiveAppend(ctx, buffer[:0])
	check(err)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
