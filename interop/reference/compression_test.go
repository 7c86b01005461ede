package reference

import (
	"fmt"
	"strings"
	"testing"

	"nhooyr.io/websocket"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// Every policy of ours with every mode of the reference: what is agreed on, and messages of all kinds both ways.
func TestRFC7692_Compression(t *testing.T) {
	const both = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	for _, test := range []struct {
		name        string
		ours        *server.Compression
		mode        websocket.CompressionMode
		serve, dial string // the answer of our server, and the one that our client gets
	}{
		{"off", nil, websocket.CompressionContextTakeover, "", ""},
		{"the reference has it off", &server.Compression{}, websocket.CompressionDisabled, "", ""},
		{"takeover", &server.Compression{}, websocket.CompressionContextTakeover,
			"permessage-deflate; client_no_context_takeover", "permessage-deflate; server_no_context_takeover"},
		{"full windows", &server.Compression{WindowBits: 15}, websocket.CompressionContextTakeover, "permessage-deflate", "permessage-deflate"},
		{"a small window", &server.Compression{WindowBits: 8}, websocket.CompressionContextTakeover,
			"permessage-deflate; client_no_context_takeover", "permessage-deflate; server_no_context_takeover"},
		{"we forget", &server.Compression{NoContextTakeover: true}, websocket.CompressionContextTakeover, both, both},
		{"the reference forgets", &server.Compression{}, websocket.CompressionNoContextTakeover, both, both},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachWay(t, settings{compression: test.ours, mode: test.mode}, func(t *testing.T, from, to end) {
				mine, weSend := from.(ours)
				if !weSend {
					mine = to.(ours)
				}
				want := test.dial
				if mine.serves {
					want = test.serve
				}
				if mine.Extensions() != want {
					t.Errorf("agreed on %q, not %q", mine.Extensions(), want)
				}
				for i := range 100 {
					pass(t, from, to, shared.Text(fmt.Sprintf(`{"sequence":%d,"symbol":"BTC-EUR","price":"61%03d.5","side":"buy"}`, i, i*37%1000)))
				}
				for _, n := range []int{0, 1, 63, 64, 125, 126, 4096, 65535, 65536, 300_000} {
					pass(t, from, to, sample(shared.OpcodeText, n))
					pass(t, from, to, sample(shared.OpcodeBinary, n)) // dense
					pass(t, from, to, shared.Binary([]byte(strings.Repeat("0123456789abcdef", n/16))))
					passFragments(t, from, to, shared.OpcodeText, []int{n, 3, n})
				}
			})
		})
	}
}
