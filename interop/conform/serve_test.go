package conform_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/tandem/interop/conform"
	"example.com/tandem/interop/conform/ours"
	"example.com/tandem/server"
)

func anyOf(ids ...string) func(*conform.Case) bool {
	return func(c *conform.Case) bool { return slices.Contains(ids, c.ID) }
}

// listening has the suite listen for clients under test until the end of the test. It returns the ws: address to which
// they add a path, and where their reports come.
func listening(t *testing.T, suite *conform.Suite) (base string, reports <-chan *conform.Report) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, came, served := suite.NewListener(), make(chan *conform.Report, 1), make(chan error, 1)
	l.Done = func(r *conform.Report) { came <- r }
	go func() { served <- l.Serve(t.Context(), listener) }()
	t.Cleanup(func() { // when the test's context has ended
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return "ws://" + listener.Addr().String(), came
}

// TestListener walks the customary addresses as a client under test does.
func TestListener(t *testing.T) {
	suite := &conform.Suite{Pick: anyOf("frame.text.125", "close.code.1000")}
	base, reports := listening(t, suite)
	if got := told(t, base+"/getCaseCount"); got != "2" {
		t.Fatalf("getCaseCount tells %q", got)
	}
	for i := 1; i <= 2; i++ {
		var info struct{ ID, Description string }
		if err := json.Unmarshal([]byte(told(t, fmt.Sprintf("%s/getCaseInfo?case=%d", base, i))), &info); err != nil || info.ID == "" || info.Description == "" {
			t.Errorf("getCaseInfo: %+v, %v", info, err)
		}
		if got := told(t, fmt.Sprintf("%s/getCaseStatus?case=%d&agent=a", base, i)); got != `{"behavior":"MISSING"}` {
			t.Errorf("getCaseStatus before: %s", got)
		}
	}
	if err := ours.Blocking.Client(nil)(t.Context(), base+"/runCase?case=1&agent=a"); err == nil {
		t.Error("a case ended with no error")
	}
	if got := told(t, base+"/getCaseStatus?case=1&agent=a"); got != `{"behavior":"OK"}` {
		t.Errorf("getCaseStatus after: %s", got)
	}
	told(t, base+"/updateReports?agent=a")
	report := <-reports
	if report.Peer != "a" || report.Role != conform.Client || report.Count("", conform.Pass) != 1 || report.Count("", conform.Fail) != 1 {
		t.Errorf("the report: %+v", report)
	}
	for _, path := range []string{"/", "/runCase", "/runCase?case=0", "/runCase?case=3&agent=a", "/getCaseInfo?case=x"} {
		response, err := http.Get(strings.Replace(base, "ws", "http", 1) + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, response.Status)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

// told returns the one message that is sent at an address, or "".
func told(t *testing.T, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	c, err := server.Dial(ctx, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	m, err := c.Receive(ctx)
	if err == nil {
		if _, err := c.Receive(ctx); c.End() == nil || c.End().Code != 1000 {
			t.Errorf("%s: ended with %v", address, err)
		}
	}
	return m.String()
}

// TestReports: what is no pass is in the table and in the JSON, with its bytes.
func TestReports(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	suite := &conform.Suite{Pick: anyOf("ping.size.0", "ping.size.125")}
	report, err := suite.TestServer(t.Context(), strings.Replace(s.URL, "http", "ws", 1))
	if err != nil {
		t.Fatal(err)
	}
	var table, js bytes.Buffer
	if err := conform.WriteTable(&table, []*conform.Report{report}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{report.Peer, "(server)", "ping  2 fail", "all   2 fail", "ping.size.125: fail: answers the opening handshake with \"HTTP/1.1 404 Not Found\"",
		"GET / HTTP/1.1", "474554202f"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("%q is not in the table:\n%s", want, &table)
		}
	}
	var back []*conform.Report
	if err := conform.WriteJSON(&js, []*conform.Report{report}); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(js.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if len(back) != 1 || len(back[0].Results) != 2 || back[0].Results[0].Verdict != conform.Fail || len(back[0].Results[0].Wire) == 0 {
		t.Errorf("the JSON: %s", &js)
	}
	if _, err := suite.TestServer(t.Context(), "http://127.0.0.1"); err == nil {
		t.Error("an http address is a server's")
	}
	gone, err := suite.TestServer(t.Context(), "ws://127.0.0.1:1")
	if err != nil || gone.Count("", conform.Fail) != 2 {
		t.Errorf("a server that is not there: %+v, %v", gone, err)
	}
}
