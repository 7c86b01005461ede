package endpoints

import (
	"bytes"
	"strings"
	"testing"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

func TestEcho(t *testing.T) {
	c := dial(t, start(t, server.Options{})+"/echo", nil)
	for _, m := range []shared.Message{
		shared.Text(""),
		shared.Binary(nil),
		shared.Text("Hello"),
		shared.Text("שלום 👋🏽"),
		shared.Binary([]byte{0, 0xff, 0x80}),
		shared.Text(strings.Repeat("a", 64<<10)),
		shared.Binary(bytes.Repeat([]byte{1, 2, 3}, 64<<10)),
		shared.Text("short again"),
	} {
		send(t, c, m)
		expect(t, c, m)
	}
}

func TestEchoOfSeveralInFlight(t *testing.T) {
	c := dial(t, start(t, server.Options{})+"/echo", nil)
	for i := range 100 {
		send(t, c, shared.Binary([]byte{byte(i)}))
	}
	for i := range 100 {
		expect(t, c, shared.Binary([]byte{byte(i)}))
	}
}

func TestEchoWithinLimits(t *testing.T) {
	c := dial(t, start(t, server.Options{Limits: server.Limits{Message: 5}})+"/echo", nil)
	send(t, c, shared.Text("12345"))
	expect(t, c, shared.Text("12345"))
	send(t, c, shared.Text("123456"))
	if _, err := c.Receive(within(t)); err == nil || c.End().Code != shared.StatusMessageTooBig {
		t.Fatalf("a message over the limit ended with %v, %v; want 1009", err, c.End())
	}
}

func TestEchoSubprotocol(t *testing.T) {
	url := start(t, server.Options{}) + "/echo"
	for _, test := range []struct {
		offered []string
		want    string
	}{
		{nil, ""},
		{[]string{"tandem.v1"}, "tandem.v1"},
		{[]string{"tandem.v2"}, "tandem.v2"},
		{[]string{"tandem.v2", "tandem.v1"}, "tandem.v1"}, // the server's order
		{[]string{"tandem.v3"}, ""},
	} {
		c := dial(t, url, &server.DialOptions{Subprotocols: test.offered})
		if got := c.Subprotocol(); got != test.want {
			t.Errorf("offered %q: chose %q, want %q", test.offered, got, test.want)
		}
	}
}
