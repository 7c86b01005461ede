package feed

import (
	"fmt"
	"strings"
	"testing"

	"example.com/tandem/shared"
)

func TestSocket(t *testing.T) {
	s := start(t, nil)
	path := s.create()
	s.publish(path, "a", "b")
	one, two := s.dial(path+"/socket"), s.dial(path+"/socket?after=1")
	expect(t, one, "1 a")
	expect(t, one, "2 b")
	expect(t, two, "2 b")
	if err := one.Send(within(t), shared.Text("ignored")); err != nil {
		t.Fatal(err)
	}
	s.publish(path, "c d")
	expect(t, one, "3 c d")
	expect(t, two, "3 c d")
	if err := one.Close(shared.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	if r, body := s.get(path + "/socket?after=4"); r.StatusCode != 400 {
		t.Errorf("a forged cursor: %d %q", r.StatusCode, body)
	}
	if two.Extensions() != "" {
		t.Errorf("compresses: %s", two.Extensions())
	}
}

func TestPublishRefuses(t *testing.T) {
	for _, test := range []struct {
		m    shared.Message
		code shared.StatusCode
	}{
		{shared.Binary([]byte("a")), shared.StatusUnsupportedData},
		{shared.Text("a\nb"), shared.StatusPolicyViolation},
		{shared.Text("a\rid: 7"), shared.StatusPolicyViolation},
		{shared.Text(strings.Repeat("a", maxText+1)), shared.StatusMessageTooBig},
	} {
		s := start(t, nil)
		path := s.create()
		c := s.dial(path + "/publish")
		if err := c.Send(within(t), test.m); err != nil {
			t.Fatal(err)
		}
		expectClose(t, c, test.code, "")
		if _, body := s.get(path + "/poll"); body != `{"next":0,"lost":0,"messages":[]}` {
			t.Errorf("%.10q was published: %s", test.m, body)
		}
	}
}

// Four transports, asked while messages are published as fast as they go, deliver all of them in order.
func TestEachDeliversTheSame(t *testing.T) {
	s := start(t, nil)
	path := s.create()
	const messages = 3000
	want := make([]string, messages)
	for i := range want {
		want[i] = fmt.Sprintf("message %d", i+1)
	}
	socket := s.dial(path + "/socket")
	events := s.wire()
	events.listen(path+"/events", "")
	events.until("\n\n")
	go s.publishOn(s.dial(path+"/publish"), want...)

	for _, text := range want {
		if m, err := socket.Receive(within(t)); err != nil || m.String() != strings.TrimPrefix(text, "message ")+" "+text {
			t.Fatalf("socket: %q, %v, want %q", m, err, text)
		}
	}
	for i, text := range want {
		if got := events.until("\n\n"); got != fmt.Sprintf("id: %d\ndata: %s\n\n", i+1, text) {
			t.Fatalf("events: %q, want %q", got, text)
		}
	}
	for _, service := range []string{"/poll", "/longpoll"} {
		var got []string
		for len(got) < messages {
			got = append(got, s.poll(path+service, len(got))...)
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: other messages, or another order", service)
		}
	}
}
