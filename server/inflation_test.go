package server

import (
	"testing"

	"example.com/tandem/shared"
)

// A final block may be the end of a message whether or not an empty fragment comes behind it.
func TestFinalBlockBeforeAnEmptyFragment(t *testing.T) {
	for _, wire := range []string{
		"c1 07 f3 48 cd c9 c9 07 00",
		"41 07 f3 48 cd c9 c9 07 00 | 80 00",
		"41 07 f3 48 cd c9 c9 07 00 | 00 00 | 80 00",
		"41 07 f3 48 cd c9 c9 07 00 | 80 01 00",
	} {
		t.Run(wire, func(t *testing.T) {
			eachDeflatingEnd(t, Limits{}, bothTakeover, func(t *testing.T, c *Conn, p *wirePeer) {
				go p.send(wire)
				m, err := c.Receive(t.Context())
				if err != nil || m.String() != "Hello" || m.Opcode != shared.OpcodeText {
					t.Errorf("received %q, %v", m, err)
				}
			})
		})
	}
}
