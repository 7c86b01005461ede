package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// program stands for the browser module: WebAssembly's magic number, and enough
// behind it for compression to gain something.
var program = append([]byte("\x00asm\x01\x00\x00\x00"), bytes.Repeat([]byte{0x0b}, 4096)...)

func built() http.Handler {
	return newHandler(fstest.MapFS{
		"index.html":        {Data: []byte("<!DOCTYPE html>" + strings.Repeat("<p>page", 100))},
		"style.css":         {Data: []byte("a{}")},
		"app.js":            {Data: []byte("1")},
		"favicon.svg":       {Data: []byte("<svg/>")},
		"guide/view.js":     {Data: []byte("2")},
		"wasm/README.md":    {Data: []byte("note")},
		"wasm/tandem.wasm":  {Data: program},
		"wasm/wasm_exec.js": {Data: []byte("3")},
	})
}

func get(t *testing.T, h http.Handler, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTypesAndPaths(t *testing.T) {
	for _, c := range []struct {
		path        string
		status      int
		contentType string
	}{
		{"/", 200, "text/html; charset=utf-8"},
		{"/style.css", 200, "text/css; charset=utf-8"},
		{"/app.js", 200, "text/javascript; charset=utf-8"},
		{"/guide/view.js", 200, "text/javascript; charset=utf-8"},
		{"/favicon.svg", 200, "image/svg+xml"},
		{"/wasm/tandem.wasm", 200, "application/wasm"},
		{"/wasm/wasm_exec.js", 200, "text/javascript; charset=utf-8"},
		{"/wasm/README.md", 404, "text/plain; charset=utf-8"},
		{"/wasm/", 404, "text/plain; charset=utf-8"},
		{"/guide", 404, "text/plain; charset=utf-8"},
		{"/index.html", 404, "text/plain; charset=utf-8"},
		{"/../web.go", 404, "text/plain; charset=utf-8"},
		{"//", 404, "text/plain; charset=utf-8"},
	} {
		res := get(t, built(), "GET", "http://localhost"+c.path)
		if res.StatusCode != c.status || res.Header.Get("Content-Type") != c.contentType {
			t.Errorf("GET %s: %d %q, want %d %q", c.path, res.StatusCode, res.Header.Get("Content-Type"), c.status, c.contentType)
		}
	}
}

func TestSecurityHeadersOnEveryAnswer(t *testing.T) {
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; " +
			"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
		"X-Content-Type-Options":       "nosniff",
	}
	h := built()
	etag := get(t, h, "GET", "/").Header.Get("ETag")
	for _, c := range []struct {
		method, path, tag string
		status            int
	}{
		{"GET", "/", "", 200},
		{"GET", "/", etag, 304},
		{"GET", "/wasm/tandem.wasm", "", 200},
		{"GET", "/nothing", "", 404},
		{"POST", "/", "", 405},
	} {
		res := get(t, h, c.method, c.path, "If-None-Match", c.tag)
		if res.StatusCode != c.status {
			t.Errorf("%s %s: status %d, want %d", c.method, c.path, res.StatusCode, c.status)
		}
		for name, value := range want {
			if got := res.Header.Get(name); got != value {
				t.Errorf("%s %s (%d): %s is %q, want %q", c.method, c.path, c.status, name, got, value)
			}
		}
	}
}

func TestMethods(t *testing.T) {
	for method, status := range map[string]int{
		"GET": 200, "HEAD": 200, "POST": 405, "PUT": 405, "DELETE": 405, "OPTIONS": 405, "TRACE": 405,
	} {
		res := get(t, built(), method, "http://localhost/")
		if res.StatusCode != status {
			t.Errorf("%s: status %d, want %d", method, res.StatusCode, status)
		}
		if allow := res.Header.Get("Allow"); status == 405 && allow != "GET, HEAD" {
			t.Errorf("%s: Allow is %q", method, allow)
		}
	}
}

func TestHeadIsGetWithoutBody(t *testing.T) {
	for _, encoding := range []string{"", "gzip"} {
		head := get(t, built(), "HEAD", "/wasm/tandem.wasm", "Accept-Encoding", encoding)
		full := get(t, built(), "GET", "/wasm/tandem.wasm", "Accept-Encoding", encoding)
		if b := body(t, head); len(b) != 0 {
			t.Errorf("encoding %q: HEAD has a body of %d bytes", encoding, len(b))
		}
		if length := head.Header.Get("Content-Length"); length != strconv.Itoa(len(body(t, full))) {
			t.Errorf("encoding %q: HEAD says Content-Length %s", encoding, length)
		}
		for name := range full.Header {
			if head.Header.Get(name) != full.Header.Get(name) {
				t.Errorf("encoding %q: %s is %q for HEAD, %q for GET", encoding, name, head.Header.Get(name), full.Header.Get(name))
			}
		}
	}
}

func TestConditionalRequests(t *testing.T) {
	h := built()
	plain := get(t, h, "GET", "/wasm/tandem.wasm").Header.Get("ETag")
	packed := get(t, h, "GET", "/wasm/tandem.wasm", "Accept-Encoding", "gzip").Header.Get("ETag")
	other := get(t, h, "GET", "/app.js").Header.Get("ETag")
	if plain == packed || plain == other || !strings.HasPrefix(plain, `"`) || !strings.HasSuffix(plain, `"`) {
		t.Fatalf("ETags: plain %s, gzip %s, of another file %s", plain, packed, other)
	}
	for _, c := range []struct {
		match, encoding string
		status          int
	}{
		{plain, "", 304},
		{packed, "gzip", 304},
		{`"a", W/` + plain + `, "b"`, "", 304},
		{"*", "", 304},
		{packed, "", 200}, // these bytes are others
		{plain, "gzip", 200},
		{other, "", 200},
		{strings.Trim(plain, `"`), "", 200},
		{"", "", 200},
	} {
		res := get(t, h, "GET", "/wasm/tandem.wasm", "If-None-Match", c.match, "Accept-Encoding", c.encoding)
		if res.StatusCode != c.status {
			t.Errorf("If-None-Match %q, encoding %q: status %d, want %d", c.match, c.encoding, res.StatusCode, c.status)
		}
		if n := len(body(t, res)); (n == 0) != (c.status == 304) {
			t.Errorf("If-None-Match %q, encoding %q: status %d with %d bytes", c.match, c.encoding, res.StatusCode, n)
		}
		if res.Header.Get("ETag") == "" || res.Header.Get("Cache-Control") != "no-cache" || res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("status %d without ETag, Cache-Control or Vary: %v", res.StatusCode, res.Header)
		}
	}
}

func TestGzip(t *testing.T) {
	for accept, packed := range map[string]bool{
		"":                            false,
		"br":                          false,
		"identity":                    false,
		"gzip":                        true,
		"GZIP":                        true,
		"x-gzip":                      true,
		"br, gzip":                    true,
		"gzip;q=0.5":                  true,
		"gzip; q=0":                   false,
		"gzip;q=0.000, *":             false,
		"*":                           true,
		"*;q=0":                       false,
		"*;q=0, gzip":                 true,
		"gzip;q=many":                 false,
		"deflate, gzip;q=1.0, *;q=.5": true,
	} {
		res := get(t, built(), "GET", "/wasm/tandem.wasm", "Accept-Encoding", accept)
		got := body(t, res)
		if length := res.Header.Get("Content-Length"); length != strconv.Itoa(len(got)) {
			t.Errorf("Accept-Encoding %q: Content-Length %s for %d bytes", accept, length, len(got))
		}
		if encoding := res.Header.Get("Content-Encoding"); (encoding == "gzip") != packed {
			t.Errorf("Accept-Encoding %q: Content-Encoding %q", accept, encoding)
			continue
		}
		if packed {
			r, err := gzip.NewReader(bytes.NewReader(got))
			if err != nil {
				t.Fatal(err)
			}
			if got, err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, program) {
			t.Errorf("Accept-Encoding %q: other bytes than the file's", accept)
		}
	}
	if res := get(t, built(), "GET", "/app.js", "Accept-Encoding", "gzip"); res.Header.Get("Content-Encoding") != "" {
		t.Error("a file of one byte was made larger by gzip")
	}
}

func TestModuleNotBuilt(t *testing.T) {
	h := newHandler(fstest.MapFS{"index.html": {Data: []byte("page")}, "wasm/README.md": {Data: []byte("note")}})
	for _, path := range []string{"/wasm/tandem.wasm", "/wasm/wasm_exec.js"} {
		res := get(t, h, "GET", path)
		text := string(body(t, res))
		if res.StatusCode != 404 || !strings.Contains(text, "make build") || !strings.Contains(text, "./serve.sh") {
			t.Errorf("%s: %d %q", path, res.StatusCode, text)
		}
	}
	if res := get(t, h, "GET", "/"); res.StatusCode != 200 {
		t.Errorf("the page without the module: %d", res.StatusCode)
	}
}

func TestEmbeddedPage(t *testing.T) {
	h := Handler()
	for _, path := range []string{"/", "/style.css", "/app.js", "/favicon.svg"} {
		if res := get(t, h, "GET", path); res.StatusCode != 200 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	_, err := os.Stat("page/wasm/tandem.wasm")
	want := 200
	if err != nil {
		want = 404
	}
	if res := get(t, h, "GET", "/wasm/tandem.wasm"); res.StatusCode != want {
		t.Errorf("the module: %d, want %d (%v)", res.StatusCode, want, err)
	}
}
