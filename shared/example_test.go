package shared_test

import (
	"errors"
	"fmt"

	"example.com/tandem/shared"
)

// A message in two fragments: "Hel" and "lo".
func ExampleParseHeader() {
	wire := []byte{0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f}
	var sequence shared.Sequence // frames from a server: not masked
	var message []byte
	for len(wire) > 0 {
		h, n, err := shared.ParseHeader(wire)
		if err == nil {
			err = sequence.Step(&h)
		}
		if n == 0 || err != nil {
			fmt.Println("incomplete or wrong:", err)
			return
		}
		end := n + int(h.Length)
		fmt.Printf("%s, %d bytes, FIN %v\n", h.Opcode, h.Length, h.Fin)
		message = append(message, wire[n:end]...)
		wire = wire[end:]
	}
	fmt.Printf("%s\n", message)
	// Output:
	// text, 3 bytes, FIN false
	// continuation, 2 bytes, FIN true
	// Hello
}

func ExampleMask() {
	payload := []byte("Hello")
	key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
	shared.Mask(payload, key, 0)
	fmt.Printf("% x\n", payload)

	// Back again, in two pieces.
	pos := shared.Mask(payload[:2], key, 0)
	shared.Mask(payload[2:], key, pos)
	fmt.Printf("%s\n", payload)
	// Output:
	// 7f 9f 4d 51 58
	// Hello
}

func ExampleParseClose() {
	closing, err := shared.ParseClose([]byte("\x03\xe9bye"))
	fmt.Println(closing.Code, closing.Reason, err)

	_, err = shared.ParseClose([]byte{0x03, 0xee})
	fmt.Println(err)
	// Output:
	// 1001 going away bye <nil>
	// protocol error: status code 1006 may not stand in a close frame (RFC 6455 §7.4)
}

func ExampleEndError() {
	var err error = &shared.EndError{
		By:     shared.PartyPeer,
		Layer:  shared.LayerClosingHandshake,
		Code:   shared.StatusGoingAway,
		Reason: "bye",
	}
	fmt.Println(err)
	fmt.Println(errors.Is(err, shared.ErrClosed))
	var closing *shared.CloseError
	if errors.As(err, &closing) {
		fmt.Println(closing.Code, closing.Reason)
	}
	// Output:
	// websocket: closed by peer in the closing handshake: 1001 going away "bye"
	// true
	// 1001 going away bye
}

func ExampleParseURL() {
	u, err := shared.ParseURL("wss://Example.com:443?room=1")
	fmt.Println(u.Address, u.Host, u.Target, err)

	_, err = shared.ParseURL("https://example.com/")
	fmt.Println(err)
	// Output:
	// example.com:443 example.com /?room=1 <nil>
	// websocket: address "https://example.com/": the scheme is https, use wss
}
