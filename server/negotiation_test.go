package server

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/tandem/shared"
)

func defaults(t *testing.T, p Compression) *Compression {
	t.Helper()
	d, err := p.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func extensions(t *testing.T, header ...string) []shared.Extension {
	t.Helper()
	list, err := shared.ParseExtensions(header)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestRFC7692Section7_1_TheServerAnswersAnOffer(t *testing.T) {
	chromium := "permessage-deflate; client_max_window_bits"
	for _, test := range []struct {
		name, offer, answer string
		policy              Compression
		agreed              agreement // but for its first two fields
	}{
		{name: "Chromium", offer: chromium, answer: "permessage-deflate; client_max_window_bits=12",
			agreed: agreement{sendBits: 12, sendTakeover: true, receiveBits: 12, receiveTakeover: true}},
		{name: "Firefox", offer: "permessage-deflate", answer: "permessage-deflate; client_no_context_takeover",
			agreed: agreement{sendBits: 12, sendTakeover: true, receiveBits: 15}},
		{name: "Firefox, full windows", offer: "permessage-deflate", answer: "permessage-deflate", policy: Compression{WindowBits: 15},
			agreed: agreement{sendBits: 15, sendTakeover: true, receiveBits: 15, receiveTakeover: true}},
		{name: "Chromium, full windows", offer: chromium, answer: "permessage-deflate; client_max_window_bits=15", policy: Compression{WindowBits: 15},
			agreed: agreement{sendBits: 15, sendTakeover: true, receiveBits: 15, receiveTakeover: true}},
		{name: "no context takeover", offer: chromium, policy: Compression{NoContextTakeover: true},
			answer: "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=12",
			agreed: agreement{sendBits: 12, receiveBits: 12}},
		{name: "§7.1.1.1", offer: "permessage-deflate; server_no_context_takeover; client_max_window_bits",
			answer: "permessage-deflate; server_no_context_takeover; client_max_window_bits=12",
			agreed: agreement{sendBits: 12, receiveBits: 12, receiveTakeover: true}},
		{name: "§7.1.1.2", offer: "permessage-deflate; client_no_context_takeover; client_max_window_bits=15",
			answer: "permessage-deflate; client_no_context_takeover; client_max_window_bits=12",
			agreed: agreement{sendBits: 12, sendTakeover: true, receiveBits: 12}},
		{name: "§7.1.2.1, smaller", offer: "permessage-deflate; server_max_window_bits=9; client_max_window_bits",
			answer: "permessage-deflate; server_max_window_bits=9; client_max_window_bits=12",
			agreed: agreement{sendBits: 9, sendTakeover: true, receiveBits: 12, receiveTakeover: true}},
		{name: "§7.1.2.1, larger", offer: "permessage-deflate; server_max_window_bits=15; client_max_window_bits=10",
			answer: "permessage-deflate; server_max_window_bits=12; client_max_window_bits=10",
			agreed: agreement{sendBits: 12, sendTakeover: true, receiveBits: 10, receiveTakeover: true}},
		{name: "§7.1.2.1, the smallest", offer: `permessage-deflate; server_max_window_bits="8"; client_max_window_bits=8`,
			answer: "permessage-deflate; server_max_window_bits=8; client_max_window_bits=8",
			agreed: agreement{sendBits: 8, sendTakeover: true, receiveBits: 8, receiveTakeover: true}},
		{name: "§5.1, order of preference", offer: "x-other, permessage-deflate; server_max_window_bits=11, permessage-deflate",
			answer: "permessage-deflate; client_no_context_takeover; server_max_window_bits=11",
			agreed: agreement{sendBits: 11, sendTakeover: true, receiveBits: 15}},
		{name: "§5.1, the second", offer: "permessage-deflate; unknown, permessage-deflate; client_max_window_bits",
			answer: "permessage-deflate; client_max_window_bits=12",
			agreed: agreement{sendBits: 12, sendTakeover: true, receiveBits: 12, receiveTakeover: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := defaults(t, test.policy).accept(extensions(t, test.offer))
			if a == nil {
				t.Fatal("the offer was declined")
			}
			test.agreed.extensions, test.agreed.threshold = test.answer, defaultThreshold
			if *a != test.agreed {
				t.Errorf("agreed on\n%+v, not\n%+v", *a, test.agreed)
			}
		})
	}
}

func TestRFC7692Section7_1_TheServerDeclines(t *testing.T) {
	for _, offer := range []string{
		"x-webkit-deflate-frame",
		"permessage-deflate; unknown",
		"permessage-deflate; server_no_context_takeover; server_no_context_takeover",
		"permessage-deflate; server_no_context_takeover=1",
		"permessage-deflate; client_no_context_takeover=true",
		"permessage-deflate; server_max_window_bits",
		"permessage-deflate; server_max_window_bits=0",
		"permessage-deflate; server_max_window_bits=7",
		"permessage-deflate; server_max_window_bits=16",
		"permessage-deflate; server_max_window_bits=09",
		"permessage-deflate; server_max_window_bits=+9",
		"permessage-deflate; server_max_window_bits=99999999999999999999",
		"permessage-deflate; client_max_window_bits=7",
		"permessage-deflate; client_max_window_bits=16",
		"permessage-deflate; client_max_window_bits=10; client_max_window_bits=10",
		"Permessage-Deflate",
	} {
		if a := defaults(t, Compression{}).accept(extensions(t, offer)); a != nil {
			t.Errorf("%s was accepted: %+v", offer, *a)
		}
	}
	if a := (*Compression)(nil).accept(extensions(t, "permessage-deflate")); a != nil {
		t.Errorf("without a policy: %+v", *a)
	}
}

func TestRFC7692Section7_1_TheClientOffers(t *testing.T) {
	for _, test := range []struct {
		policy *Compression
		offer  string
	}{
		{nil, ""},
		{&Compression{}, "permessage-deflate; server_max_window_bits=12; client_max_window_bits, permessage-deflate; server_no_context_takeover; client_max_window_bits"},
		{&Compression{WindowBits: 15}, "permessage-deflate; client_max_window_bits"},
		{&Compression{NoContextTakeover: true}, "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits"},
	} {
		policy, err := test.policy.withDefaults()
		if err != nil || policy.offer() != test.offer {
			t.Errorf("%+v offers %q, %v", test.policy, policy.offer(), err)
		}
	}
}

func TestRFC7692Section7_1_TheClientJudgesTheAnswer(t *testing.T) {
	for _, test := range []struct {
		answer string
		policy Compression
		agreed agreement
		fails  bool
	}{
		{answer: "permessage-deflate; server_max_window_bits=12", agreed: agreement{sendBits: 12, sendTakeover: true, receiveBits: 12, receiveTakeover: true}},
		{answer: "permessage-deflate; server_max_window_bits=9; client_max_window_bits=10", agreed: agreement{sendBits: 10, sendTakeover: true, receiveBits: 9, receiveTakeover: true}},
		{answer: "permessage-deflate; server_no_context_takeover", agreed: agreement{sendBits: 12, sendTakeover: true, receiveBits: 15}},
		{answer: "permessage-deflate; server_no_context_takeover; client_no_context_takeover", agreed: agreement{sendBits: 12, receiveBits: 15}},
		{answer: "permessage-deflate", policy: Compression{WindowBits: 15}, agreed: agreement{sendBits: 15, sendTakeover: true, receiveBits: 15, receiveTakeover: true}},
		{answer: "permessage-deflate; server_no_context_takeover", policy: Compression{NoContextTakeover: true}, agreed: agreement{sendBits: 12, receiveBits: 15}},

		{answer: "permessage-deflate", fails: true}, // neither of the two that were offered
		{answer: "permessage-deflate; server_max_window_bits=13", fails: true},
		{answer: "permessage-deflate; server_max_window_bits=12", policy: Compression{NoContextTakeover: true}, fails: true},
		{answer: "permessage-deflate; server_no_context_takeover; client_max_window_bits", fails: true},
		{answer: "permessage-deflate; server_no_context_takeover; client_max_window_bits=7", fails: true},
		{answer: "permessage-deflate; server_max_window_bits", fails: true},
		{answer: "permessage-deflate; server_max_window_bits=0", fails: true},
		{answer: "permessage-deflate; server_max_window_bits=7", fails: true},
		{answer: "permessage-deflate; server_max_window_bits=16", fails: true},
		{answer: "permessage-deflate; server_max_window_bits=99999", fails: true},
		{answer: "permessage-deflate; server_no_context_takeover; server_no_context_takeover", fails: true},
		{answer: "permessage-deflate; server_no_context_takeover=1", fails: true},
		{answer: "permessage-deflate; server_no_context_takeover; unknown", fails: true},
		{answer: "permessage-deflate; server_no_context_takeover, permessage-deflate; server_no_context_takeover", fails: true},
		{answer: "x-other", fails: true},
	} {
		a, err := defaults(t, test.policy).agree(extensions(t, test.answer))
		if (err != nil) != test.fails {
			t.Errorf("%s: %v", test.answer, err)
		}
		if err == nil {
			test.agreed.extensions, test.agreed.threshold = test.answer, defaultThreshold
			if *a != test.agreed {
				t.Errorf("%s: agreed on\n%+v, not\n%+v", test.answer, *a, test.agreed)
			}
		}
	}
	if a, err := defaults(t, Compression{}).agree(nil); a != nil || err != nil {
		t.Errorf("no extension chosen: %v, %v", a, err)
	}
	if _, err := (*Compression)(nil).agree(extensions(t, "permessage-deflate")); err == nil {
		t.Error("an extension that was not offered is accepted")
	}
}

// Through the real opening handshake, both ends of ours.
func TestRFC7692Section5_BothEndsAgree(t *testing.T) {
	for _, test := range []struct {
		name           string
		server, client *Compression
		extensions     string
	}{
		{"defaults", &Compression{}, &Compression{}, "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"},
		{"the server has a smaller window", &Compression{WindowBits: 9}, &Compression{}, "permessage-deflate; server_max_window_bits=9; client_max_window_bits=9"},
		{"the client forgets", &Compression{}, &Compression{NoContextTakeover: true},
			"permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=12"},
		{"only the server", &Compression{}, nil, ""},
		{"only the client", nil, &Compression{}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			done := make(chan string, 1)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				c, err := Accept(w, r, &Options{Compression: test.server})
				if err != nil {
					t.Error(err)
					return
				}
				done <- c.Extensions()
				echoAll(r.Context(), c)
			}))
			defer server.Close()
			ctx := t.Context()
			c, err := Dial(ctx, "ws"+strings.TrimPrefix(server.URL, "http"), &DialOptions{Compression: test.client})
			if err != nil {
				t.Fatal(err)
			}
			if c.Extensions() != test.extensions {
				t.Errorf("the client has %q", c.Extensions())
			}
			if got := <-done; got != test.extensions {
				t.Errorf("the server has %q", got)
			}
			message := shared.Text(strings.Repeat("Hello, once more. ", 500))
			for range 3 {
				if err := c.Send(ctx, message); err != nil {
					t.Fatal(err)
				}
				if m, err := c.Receive(ctx); err != nil || string(m.Payload) != string(message.Payload) {
					t.Fatalf("%d bytes came back, %v", len(m.Payload), err)
				}
			}
			if err := c.Close(shared.StatusNormalClosure, ""); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCompressionOptionIsChecked(t *testing.T) {
	for _, bits := range []int{-1, 7, 16} {
		_, err := Dial(context.Background(), "ws://127.0.0.1:1/", &DialOptions{Compression: &Compression{WindowBits: bits}})
		if e, ok := errors.AsType[*OptionError](err); !ok || e.Field != "Compression" {
			t.Errorf("Dial with %d window bits: %v", bits, err)
		}
		w := httptest.NewRecorder()
		_, err = Accept(w, httptest.NewRequest("GET", "/", nil), &Options{Compression: &Compression{WindowBits: bits}})
		if e, ok := errors.AsType[*OptionError](err); !ok || e.Field != "Compression" || w.Code != http.StatusInternalServerError {
			t.Errorf("Accept with %d window bits: %d, %v", bits, w.Code, err)
		}
	}
}
