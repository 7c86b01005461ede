package client_test

import (
	"context"
	"fmt"
	"io"
	"time"

	"example.com/tandem/shared"
	"example.com/tandem/wasm/client"
)

// conversation is application code: it compiles for a browser and natively.
func conversation(ctx context.Context, address string) error {
	c, err := client.Open(ctx, address, &client.Options{Subprotocols: []string{"tandem.v1"}})
	if err != nil {
		return err
	}
	defer c.CloseNow() // does nothing after Close
	for _, word := range []string{"hello", "שלום", "👋"} {
		if err := c.Send(ctx, shared.Text(word)); err != nil {
			return err
		}
		m, err := c.Receive(ctx)
		if err != nil {
			return err
		}
		fmt.Println(m.Opcode, m)
	}
	return c.Close(shared.StatusNormalClosure, "that is all")
}

func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := conversation(ctx, testServer+"/echo"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// text hello
	// text שלום
	// text 👋
}

// Receive gives io.EOF after a normal end, and says how any other came about.
func ExampleConn_Receive() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, path := range []string{"/close?code=1000&first=news", "/close?code=1011&reason=out+of+paper"} {
		c, err := client.Open(ctx, testServer+path, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		for {
			m, err := c.Receive(ctx)
			if err == io.EOF {
				fmt.Println("the end")
				break
			} else if err != nil {
				end := c.End()
				fmt.Println(end.By, end.Layer, int(end.Code), end.Reason)
				break
			}
			fmt.Println(m)
		}
	}
	// Output:
	// news
	// the end
	// peer closing handshake 1011 out of paper
}
