package browser

import (
	"context"
	"net/http"
	"testing"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// agreed is an /echo that first tells what extension the opening handshake agreed on: JavaScript is told no parameters by Firefox.
var agreed = server.Handler(func(ctx context.Context, c *server.Conn) error {
	if err := c.Send(ctx, shared.Text(c.Extensions())); err != nil {
		return err
	}
	for {
		m, err := c.Receive(ctx)
		if err != nil {
			return err
		}
		if err := c.Send(ctx, m); err != nil {
			return err
		}
	}
}, &server.Options{Compression: &server.Compression{}})

// echoes is JavaScript that opens a WebSocket, sends each message twice and gives what was agreed on and what came back
// wrong. The messages resemble each other, are long, or cannot be made shorter.
const echoes = `new Promise((resolve, reject) => {
	const socket = new WebSocket("ws://" + location.host + "/echo");
	socket.binaryType = "arraybuffer";
	const random = new Uint8Array(60000);
	crypto.getRandomValues(random);
	const messages = [random.buffer, "", "x".repeat(300000)];
	for (let i = 0; i < 200; i++) messages.push(JSON.stringify({sequence: i, symbol: "BTC-EUR", price: 61000 + i * 37 % 100, text: "über 你好 👩‍🚀"}));
	const bytes = m => typeof m === "string" ? m : Array.from(new Uint8Array(m)).join();
	let agreed, received = 0, wrong = 0;
	socket.onopen = () => { for (const m of messages) { socket.send(m); socket.send(m); } };
	socket.onmessage = e => {
		if (agreed === undefined) { agreed = e.data; return; }
		if (bytes(e.data) !== bytes(messages[received++ >> 1])) wrong++;
		if (received === 2 * messages.length) socket.close(1000);
	};
	socket.onclose = e => resolve([agreed, socket.extensions.split(";")[0], e.code, wrong, received].join(" | "));
})`

// What a browser offers is agreed on as the policy says, and what it compresses and we compress is understood.
func TestRFC7692_TheBrowserAndTheServerCompress(t *testing.T) {
	t.Parallel()
	blank := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<!DOCTYPE html>")) })
	s := newSite(t, map[string]http.Handler{"/": blank, "/echo": agreed})
	for browser, want := range map[*kind]string{
		chromium: "permessage-deflate; client_max_window_bits=12",
		firefox:  "permessage-deflate; client_no_context_takeover", // it cannot be told a smaller window
		webkit:   "permessage-deflate; client_max_window_bits=12",
	} {
		t.Run(browser.name, func(t *testing.T) {
			t.Parallel()
			tab := browser.openTab(t)
			must(t, tab.Visit(s.url("")))
			got, err := Evaluate[string](tab, echoes)
			must(t, err)
			if want += " | permessage-deflate | 1000 | 0 | 406"; got != want {
				t.Errorf("%s, not %s", got, want)
			}
		})
	}
}
