package site

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"example.com/tandem/server"
)

func TestServe(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := Serve(l)
	defer s.Close()
	host := l.Addr().String()
	ask := func(method, path string) *http.Response {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, "http://"+host+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		return response
	}

	if page := ask("GET", "/"); page.StatusCode != http.StatusOK || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
		t.Errorf("the page: %s, %s", page.Status, page.Header.Get("Content-Type"))
	}

	made := ask("POST", "/feed")
	counts, err := io.ReadAll(ask("GET", made.Header.Get("Location")+"/counts").Body)
	if err != nil || !strings.Contains(string(counts), `"counted":true`) {
		t.Errorf("the counts of a feed are %s, %v", counts, err)
	}

	const path = "/echo?wire=ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	c, err := server.Dial(t.Context(), "ws://"+host+path, &server.DialOptions{Compression: &server.Compression{}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if c.Extensions() == "" {
		t.Error("messages are not compressed")
	}
	tape := bufio.NewReader(ask("GET", "/tapes/ABCDEFGHIJKLMNOPQRSTUVWXYZ/events").Body)
	var line string
	for !strings.HasPrefix(line, "data: ") && err == nil {
		line, err = tape.ReadString('\n')
	}
	if !strings.Contains(line, `"request":"GET `+path+` HTTP/1.1\r\n`) {
		t.Errorf("the tape begins with %q, %v", line, err)
	}
}
