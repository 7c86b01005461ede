package browser

import (
	"testing"
)

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
	let received = 0, wrong = 0;
	socket.onopen = () => { for (const m of messages) { socket.send(m); socket.send(m); } };
	socket.onmessage = e => {
		if (bytes(e.data) !== bytes(messages[received++ >> 1])) wrong++;
		if (received === 2 * messages.length) socket.close(1000);
	};
	socket.onclose = e => resolve([socket.extensions, e.code, wrong, received].join(" | "));
})`

// What a browser offers is agreed on as the policy says, and what it compresses and we compress is understood.
func TestRFC7692_TheBrowserAndTheServerCompress(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/")
	got := get[string](p, echoes)
	if want := "permessage-deflate; client_max_window_bits=12 | 1000 | 0 | 406"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}
