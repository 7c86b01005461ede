package endpoints

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

func TestChat(t *testing.T) {
	url := start(t, server.Options{}) + "/chat"
	one := dial(t, url, nil)
	expect(t, one, shared.Text("guest 1 joined, 1 here"))

	two := dial(t, url, nil)
	for _, c := range []*server.Conn{one, two} {
		expect(t, c, shared.Text("guest 2 joined, 2 here"))
	}

	send(t, two, shared.Text("hi 👋"))
	for _, c := range []*server.Conn{one, two} {
		expect(t, c, shared.Text("guest 2: hi 👋"))
	}
	send(t, one, shared.Binary([]byte{0, 0xff}))
	for _, c := range []*server.Conn{one, two} {
		expect(t, c, shared.Binary([]byte{0, 0xff}))
	}

	if err := two.Close(shared.StatusNormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	expect(t, one, shared.Text("guest 2 left, 1 here"))
}

func TestChatRoomsAreApart(t *testing.T) {
	for range 2 {
		c := dial(t, start(t, server.Options{})+"/chat", nil)
		expect(t, c, shared.Text("guest 1 joined, 1 here"))
	}
}

func TestChatNoticesABrokenConnection(t *testing.T) {
	url := start(t, server.Options{}) + "/chat"
	one := dial(t, url, nil)
	expect(t, one, shared.Text("guest 1 joined, 1 here"))
	two := dial(t, url, nil)
	expect(t, one, shared.Text("guest 2 joined, 2 here"))
	two.CloseNow()
	expect(t, one, shared.Text("guest 2 left, 1 here"))
}

func TestChatRefusesWhatIsTooLong(t *testing.T) {
	url := start(t, server.Options{}) + "/chat"
	c := dial(t, url, nil)
	expect(t, c, shared.Text("guest 1 joined, 1 here"))
	longest := strings.Repeat("a", maxSaid)
	send(t, c, shared.Text(longest))
	expect(t, c, shared.Text("guest 1: "+longest))
	send(t, c, shared.Text(longest+"a"))
	if _, err := c.Receive(within(t)); err == nil || c.End().Code != shared.StatusMessageTooBig {
		t.Fatalf("ended with %v, %v; want 1009", err, c.End())
	}
}

// A member that reads nothing is put out once its backlog is full. All the time the others hear each message before
// the next one is sent, so nobody can have waited for it; and it gets to know why it was put out.
func TestChatSlowMember(t *testing.T) {
	url := start(t, server.Options{}) + "/chat"
	slow := dial(t, url, nil)
	expect(t, slow, shared.Text("guest 1 joined, 1 here")) // and nothing more
	speaker := dial(t, url, nil)
	expect(t, speaker, shared.Text("guest 2 joined, 2 here"))
	listener := dial(t, url, nil)
	for _, c := range []*server.Conn{speaker, listener} {
		expect(t, c, shared.Text("guest 3 joined, 3 here"))
	}

	said := shared.Binary(bytes.Repeat([]byte{1}, maxSaid))
	for n := 1; ; n++ {
		send(t, speaker, said)
		m, err := speaker.Receive(within(t))
		if err != nil {
			t.Fatal(err)
		}
		if m.Opcode == shared.OpcodeText { // the message that was too much comes right before or after
			if m.String() != "guest 1 was too slow and left, 2 here" {
				t.Fatalf("the speaker heard %q", m)
			}
			if n <= backlog {
				t.Fatalf("put out after %d messages, before the backlog was full", n)
			}
			break
		}
		expect(t, listener, said)
		if n > 1000 {
			t.Fatal("the slow member is still there after 1000 messages")
		}
	}
	expectClose(t, slow, tooSlow.Code, tooSlow.Reason)
}

// A member that talks faster than it listens is slowed down, not put out.
func TestChatFastSpeaker(t *testing.T) {
	c := dial(t, start(t, server.Options{})+"/chat", nil)
	expect(t, c, shared.Text("guest 1 joined, 1 here"))
	const messages = 2 * backlog
	said := shared.Binary(bytes.Repeat([]byte{1}, maxSaid))
	sent := make(chan error, 1)
	ctx := within(t)
	go func() {
		var err error
		for range messages {
			err = errors.Join(err, c.Send(ctx, said))
		}
		sent <- err
	}()
	for range messages {
		expect(t, c, said)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
}
