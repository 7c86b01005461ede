package reference

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

func TestSection1_9_Subprotocols(t *testing.T) {
	for _, test := range []struct {
		name           string
		server, client []string
		want           string
	}{
		{"none", nil, nil, ""},
		{"not wanted", []string{"a"}, nil, ""},
		{"not spoken", nil, []string{"a"}, ""},
		{"nothing in common", []string{"a"}, []string{"b"}, ""},
		{"one", []string{"a"}, []string{"a"}, "a"},
		{"the server's order counts", []string{"b", "a"}, []string{"a", "b"}, "b"},
		{"the only one in common", []string{"a", "chat.v2"}, []string{"x", "y", "chat.v2"}, "chat.v2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachPair(t, settings{subprotocols: [2][]string{test.server, test.client}}, func(t *testing.T, c connection) {
				for _, e := range []end{c.ours, c.reference} {
					if got := e.Subprotocol(); got != test.want {
						t.Errorf("%T has the subprotocol %q, want %q", e, got, test.want)
					}
				}
			})
		})
	}
}

func TestSection10_2_Origin(t *testing.T) {
	for _, test := range []struct {
		name    string
		allowed []string
		origin  string
		status  int
	}{
		{"of a foreign page", nil, "https://evil.example", http.StatusForbidden},
		{"of a page that is allowed", []string{"good.example"}, "https://good.example", http.StatusSwitchingProtocols},
		{"of a page beside it", []string{"good.example"}, "https://good.example.evil.example", http.StatusForbidden},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, p := range pairs {
				t.Run(p.name, func(t *testing.T) {
					s := settings{origins: test.allowed, header: http.Header{"Origin": {test.origin}}}
					ts := p.serve(t, s, func(e end, _ *http.Request) { e.CloseNow() })
					client, status, err := p.dial(within(t, 10*time.Second), ts, s)
					if status != test.status || (err == nil) != (test.status == http.StatusSwitchingProtocols) {
						t.Errorf("status %d and error %v, want status %d", status, err, test.status)
					}
					if err == nil {
						client.CloseNow()
					}
				})
			}
		})
	}
}

func TestSection10_2_OriginOfTheServerItself(t *testing.T) {
	for _, p := range pairs {
		t.Run(p.name, func(t *testing.T) {
			ts := p.serve(t, settings{}, func(e end, _ *http.Request) { e.CloseNow() })
			s := settings{header: http.Header{"Origin": {ts.URL}}}
			client, _, err := p.dial(within(t, 10*time.Second), ts, s)
			if err != nil {
				t.Fatal(err)
			}
			client.CloseNow()
		})
	}
}

func TestSection4_1_HeadersReachTheServer(t *testing.T) {
	header := http.Header{"Authorization": {"Bearer abc"}, "Cookie": {"a=1; b=2"}, "X-Twice": {"one", "two"}}
	eachPair(t, settings{header: header}, func(t *testing.T, c connection) {
		for name, want := range header {
			if got := c.request.Header.Values(name); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
	})
}
