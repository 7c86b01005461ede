package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// A running command, and what it prints after its address.
type running struct {
	url    string
	stop   context.CancelFunc
	output *bufio.Reader
	status chan int
}

func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	output, stdout := io.Pipe()
	r := &running{stop: cancel, output: bufio.NewReader(output), status: make(chan int, 1)}
	go func() {
		status := run(ctx, append([]string{"-addr", "localhost:0"}, args...), "", stdout, t.Output())
		stdout.Close()
		r.status <- status
	}()
	line, err := r.output.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var printed bool
	if r.url, printed = strings.CutPrefix(strings.TrimSuffix(line, "\n"), "tandem: "); !printed {
		t.Fatalf("printed %q", line)
	}
	return r
}

// ended stops the command and returns what it printed then.
func (r *running) ended(t *testing.T) string {
	t.Helper()
	r.stop()
	rest, err := io.ReadAll(r.output)
	if err != nil {
		t.Fatal(err)
	}
	if status := <-r.status; status != 0 {
		t.Errorf("exit status %d", status)
	}
	return string(rest)
}

func dial(t *testing.T, url string, opts *server.DialOptions) *server.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := server.Dial(ctx, "ws"+strings.TrimPrefix(url, "http"), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c
}

func TestServesPageAndServices(t *testing.T) {
	r := start(t)
	if !strings.HasPrefix(r.url, "http://localhost:") {
		t.Errorf("prints %s", r.url)
	}
	page, err := http.Get(r.url)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	if page.StatusCode != http.StatusOK || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/html") {
		t.Errorf("the page: %s, %s", page.Status, page.Header.Get("Content-Type"))
	}
	for _, path := range []string{"/echo", "/chat", "/clock", "/close"} {
		dial(t, r.url+path, nil).CloseNow()
	}
	r.ended(t)
}

func TestShutdownClosesConnections(t *testing.T) {
	r := start(t)
	c := dial(t, r.url+"/clock?interval=1m", nil)
	if _, err := c.Receive(context.Background()); err != nil { // the first tick: the server has it open too
		t.Fatal(err)
	}
	closed := make(chan error, 1)
	go func() {
		_, err := c.Receive(context.Background())
		closed <- err
	}()
	output := r.ended(t)
	if err := <-closed; err != io.EOF || c.End().Code != shared.StatusGoingAway {
		t.Errorf("the client got %v, %v; want 1001", err, c.End())
	}
	if want := "tandem: shutting down, connections: 1\ntandem: closed cleanly: 1, cut: 0\n"; output != want {
		t.Errorf("printed %q, want %q", output, want)
	}
	if _, err := http.Get(r.url); err == nil {
		t.Error("still serves")
	}
}

// A long poll and a stream of events have no end of their own: the shutdown ends them, and does not wait.
func TestShutdownEndsFeeds(t *testing.T) {
	r := start(t)
	made, err := http.Post(r.url+"/feed", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	made.Body.Close()
	stream, err := http.Get(r.url + made.Header.Get("Location") + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	begun := time.Now()
	r.ended(t)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("the shutdown took %v", took)
	}
	if body, err := io.ReadAll(stream.Body); err != nil || string(body) != "retry: 1000\n\n" {
		t.Errorf("the stream ended with %q, %v", body, err)
	}
}

// Over both schemes the handshake is recorded as it was on the wire, and the bytes of feeds are counted.
func TestListenersRecordAndCount(t *testing.T) {
	for _, args := range [][]string{nil, {"-tls"}} {
		r := start(t, args...)
		insecure := &tls.Config{InsecureSkipVerify: true}
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: insecure}}
		const token = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		dial(t, r.url+"/echo?wire="+token, &server.DialOptions{TLS: insecure}).CloseNow()
		events, err := client.Get(r.url + "/tapes/" + token + "/events")
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(events.Body)
		var batch string
		for !strings.HasPrefix(batch, "data: ") && err == nil {
			batch, err = lines.ReadString('\n')
		}
		if !strings.Contains(batch, `"request":"GET /echo?wire=`+token+` HTTP/1.1\r\n`) {
			t.Errorf("%v: the tape has %q, %v", args, batch, err)
		}
		made, err := client.Post(r.url+"/feed", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		made.Body.Close()
		counts, err := client.Get(r.url + made.Header.Get("Location") + "/counts")
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(counts.Body); err != nil || !strings.Contains(string(body), `"counted":true`) {
			t.Errorf("%v: the counts are %s, %v", args, body, err)
		}
		counts.Body.Close()
		begun := time.Now()
		r.ended(t)
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%v: the shutdown took %v", args, took)
		}
		events.Body.Close()
	}
}

func TestOrigin(t *testing.T) {
	r := start(t, "-origin", "https://one.example", "-origin", "https://*.two.example")
	for _, origin := range []string{"https://one.example", "https://www.two.example"} {
		dial(t, r.url+"/echo", &server.DialOptions{Header: http.Header{"Origin": {origin}}}).CloseNow()
	}
	stranger := &server.DialOptions{Header: http.Header{"Origin": {"https://three.example"}}}
	if c, err := server.Dial(context.Background(), "ws"+strings.TrimPrefix(r.url, "http")+"/echo", stranger); err == nil {
		c.CloseNow()
		t.Error("a stranger's page was let in")
	}
	r.ended(t)
}

func TestCompress(t *testing.T) {
	for _, on := range []bool{true, false} {
		args := []string{"-compress=false"}
		if on {
			args = nil
		}
		r := start(t, args...)
		c, err := server.Dial(t.Context(), strings.Replace(r.url, "http", "ws", 1)+"/echo", &server.DialOptions{Compression: &server.Compression{}})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Extensions() != ""; got != on {
			t.Errorf("%v: the extensions are %q", args, c.Extensions())
		}
		c.CloseNow()
		r.ended(t)
	}
}

func TestTrace(t *testing.T) {
	r := start(t, "-trace")
	printed := make(chan string, 1)
	go func() { // what is printed has to be read, or the server waits
		all, _ := io.ReadAll(r.output)
		printed <- string(all)
	}()
	c := dial(t, r.url+"/echo", &server.DialOptions{Compression: &server.Compression{}})
	from := c.LocalAddr().String()
	text := strings.Repeat("Hello ", 20)
	for _, m := range []shared.Message{shared.Text("Hello"), shared.Text(text), shared.Binary(make([]byte, 63))} {
		if err := c.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Receive(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(shared.StatusNormalClosure, "done"); err != nil {
		t.Error(err)
	}
	r.stop()
	got := <-printed
	if status := <-r.status; status != 0 {
		t.Errorf("exit status %d", status)
	}
	for _, want := range []string{
		`handshake "/echo"`,
		`< text fin masked 5 "Hello"`,
		`> text fin 5 "Hello"`,
		`< text fin rsv1 masked `,
		`< message text of 120 bytes, `,
		`> text fin rsv1 `,
		`> message text of 120 bytes, `,
		`< binary fin masked 63 "\x00`,
		`< close fin masked 6 "\x03\xe8done"`,
		`> close fin 2 "\x03\xe8"`,
		`end websocket: closed by peer in the closing handshake: 1000 normal closure "done"`,
	} {
		begin := from + " " + want
		i := strings.Index(got, begin)
		if i < 0 {
			t.Fatalf("no %q in\n%s", begin, got)
		}
		got = got[i+len(begin):]
	}
}

func TestTLS(t *testing.T) {
	like := httptest.NewTLSServer(nil) // for its certificate
	defer like.Close()
	pair := like.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	r := start(t, "-cert", write("cert.pem", "CERTIFICATE", pair.Certificate[0]), "-key", write("key.pem", "PRIVATE KEY", key))
	if !strings.HasPrefix(r.url, "https://localhost:") {
		t.Errorf("prints %s", r.url)
	}
	roots := x509.NewCertPool()
	roots.AddCert(like.Certificate())
	c := dial(t, r.url+"/echo", &server.DialOptions{TLS: &tls.Config{RootCAs: roots, ServerName: "example.com"}})
	if err := c.Close(shared.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	r.ended(t)
}

// -tls serves with a certificate of its own, whose fingerprint it prints: the page and the services.
func TestTLSWithACertificateOfItsOwn(t *testing.T) {
	r := start(t, "-tls")
	line, err := r.output.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, printed, _ := strings.Cut(strings.TrimSpace(line), "SHA-256 is ")
	config := &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
		if got := fingerprint(tls.Certificate{Certificate: [][]byte{s.PeerCertificates[0].Raw}}); got != printed || len(printed) != 95 {
			t.Errorf("the fingerprint is %s, printed was %s", got, printed)
		}
		return s.PeerCertificates[0].VerifyHostname("localhost")
	}}
	c := dial(t, r.url+"/echo", &server.DialOptions{TLS: config})
	if err := c.Close(shared.StatusNormalClosure, ""); err != nil {
		t.Error(err)
	}
	page := &http.Client{Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}}
	response, err := page.Get(r.url)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	page.CloseIdleConnections()
	if response.StatusCode != http.StatusOK || response.ProtoMajor != 1 {
		t.Errorf("the page: %s %s", response.Proto, response.Status)
	}
	r.ended(t)
}

func TestFailures(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, test := range []struct {
		name   string
		args   []string
		port   string
		status int
		says   string
	}{
		{"PORT is taken", nil, port, 1, "port " + port + " is taken"},
		{"-addr is taken", []string{"-addr", taken.Addr().String()}, "1", 1, "port " + port + " is taken"},
		{"PORT is no port", nil, "none", 1, "localhost:none"},
		{"no such flag", []string{"-verbose"}, "", 2, "-verbose"},
		{"an argument", []string{"8080"}, "", 2, "flags"},
		{"-cert alone", []string{"-cert", "cert.pem"}, "", 2, "-key"},
		{"-tls with -cert", []string{"-tls", "-cert", "a", "-key", "b"}, "", 2, "-tls"},
		{"no such file", []string{"-addr", "localhost:0", "-cert", "/none", "-key", "/none"}, "", 1, "/none"},
		{"-help", []string{"-help"}, "", 0, "-origin"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			var stderr strings.Builder
			status := run(ctx, test.args, test.port, io.Discard, &stderr)
			if status != test.status || !strings.Contains(stderr.String(), test.says) {
				t.Errorf("exit status %d, %q; want %d and %q", status, stderr.String(), test.status, test.says)
			}
		})
	}
}

// Nor does it wait for a client that takes nothing of what is sent to it.
func TestShutdownEndsStreamsThatNobodyReads(t *testing.T) {
	r := start(t)
	made, err := http.Post(r.url+"/feed", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	made.Body.Close()
	path := made.Header.Get("Location")
	nc, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if _, err := io.WriteString(nc, "GET "+path+"/events HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	publisher := dial(t, r.url+path+"/publish", nil)
	for range 2000 {
		if err := publisher.Send(t.Context(), shared.Text(strings.Repeat("a", 8<<10))); err != nil {
			t.Fatal(err)
		}
	}
	if err := publisher.Close(shared.StatusNormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	begun := time.Now()
	r.ended(t)
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("the shutdown took %v", took)
	}
}
