package browser

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"example.com/tandem/server"
)

// Each column closes with a code and a reason. JavaScript shows what the server answers, which is the code alone (RFC 6455 §7.1.6
// leaves the reason to the answer); the Go client knows what it meant.
func TestSection7_PageCloses(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/?code=4001&reason="+url.QueryEscape("до свидания"))
	p.act("go", "open")
	p.state("open", "go", "js")
	p.act("js", "close")
	reason := map[string]string{"go": "до свидания", "js": ""}
	for _, column := range []string{"go", "js"} {
		p.closed(column, 4001, reason[column], true)
		if label := p.text(in(column) + "[data-action=open]"); label != "Reconnect" {
			t.Errorf("%s: the button reads %q", column, label)
		}
	}
	p.act("js", "open")
	p.state("open", "go", "js")
	p.fill("#close-code", "")
	p.fill("#close-reason", "")
	p.act("go", "close")
	p.closed("js", 1005, "", true)
	p.closed("go", 1000, "", true) // what the module's close takes when it is given no code
}

// A browser keeps 1008 to itself. The Go client sends 4008 in its place and knows what it meant; JavaScript is refused, and the
// connection stays.
func TestSection7_4_CodesOfTheBrowser(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 2)
	s := newSite(t, map[string]http.Handler{"/echo": server.Handler(func(ctx context.Context, c *server.Conn) error {
		for {
			m, err := c.Receive(ctx)
			if err != nil {
				seen <- c.End().Error()
				return err
			}
			if err := c.Send(ctx, m); err != nil {
				return err
			}
		}
	}, nil)})
	p := visit(t, s, "#/?code=1008&reason=no")
	p.act("go", "open")
	p.state("open", "go", "js")
	p.act("go", "close")
	p.closed("go", 1008, "no", true)
	if end := <-seen; !strings.Contains(end, "4008") || !strings.Contains(end, "no") {
		t.Errorf("the server saw %s", end)
	}
	p.problem("js", "1008")
	p.state("open", "js")
	p.sendText("js", "still there?")
	p.logged("js", "out text 12 still there?", "in text 12 still there?")
}

func TestSection7_ServerCloses(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/?endpoint=/close")
	for _, end := range []struct {
		code, reason string
		n            int
	}{
		{"1000", "", 1000},
		{"1001", "bye 👋", 1001},
		{"1008", "against the rules", 1008},
		{"1011", "", 1011},
		{"4999", "my own", 4999},
		{"1005", "", 1005},
	} {
		p.fill("#close-code", end.code)
		p.fill("#close-reason", end.reason)
		p.act("go", "open")
		for _, column := range []string{"go", "js"} {
			p.wait(data(column, "state") + `.code === "` + end.code + `"`)
			p.closed(column, end.n, end.reason, true)
		}
	}
}

// A code that the server refuses fails the opening handshake: a browser says no more than 1006.
func TestSection4_2_2_Refused(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/?endpoint=/close&code=1006", "WebSocket connection to ")
	p.act("go", "open")
	for _, column := range []string{"go", "js"} {
		p.closed(column, 1006, "", false)
	}
}

// A close whose arguments are refused changes nothing, also before the connection is open; with Go as with JavaScript.
func TestCloseRefusedBeforeOpen(t *testing.T) {
	t.Parallel()
	s := theSite(t)
	p := visit(t, s, "#/guide")
	for _, kind := range []string{"go", "javascript"} {
		got := get[string](p, `import("/connection/`+kind+`.js").then(({open}) => new Promise((resolve) => {
			let refused = "not refused";
			const c = open("ws://`+s.address+`/echo", {
				onopen: () => setTimeout(() => { resolve(refused + ", open"); c.close(); }),
				onmessage() {},
				onclose: ({problem}) => resolve(refused + ", closed: " + problem),
			});
			c.close(1006, "").catch(() => refused = "refused");
		}))`)
		if got != "refused, open" {
			t.Errorf("%s: %s", kind, got)
		}
	}
}

// A reason begins with a byte order mark if the peer's does: the module's is what CloseEvent has.
func TestReasonWithByteOrderMark(t *testing.T) {
	t.Parallel()
	s := theSite(t)
	p := visit(t, s, "#/guide")
	got := get[[]string](p, `(async () => {
		const url = "ws://`+s.address+`/close?code=4001&reason=%EF%BB%BFmark";
		const plain = await new Promise((resolve) => new WebSocket(url).onclose = ({reason}) => resolve(reason));
		const c = await tandem.open(url);
		return [plain, (await c.closed).reason];
	})()`)
	if got[0] != "\ufeffmark" || got[1] != got[0] {
		t.Errorf("JavaScript has %q, the module %q", got[0], got[1])
	}
}
