// Package web is the page: its files, embedded in the binary, and the
// http.Handler that serves them.
//
// The browser module and its loader (page/wasm/tandem.wasm and wasm_exec.js)
// are built into the embedded folder by make. Without them the package still
// builds and the page still works, with JavaScript's WebSocket alone.
package web

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed all:page
var embedded embed.FS

// The types of the files that are served; a file of another type (the notes
// beside the module, say) is not. They do not come from package mime, whose
// answers depend on the tables of the host.
var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".wasm": "application/wasm",
}

// What the page may do: run its own scripts, compile WebAssembly, and talk to
// the server it came from. In connect-src, 'self' covers ws and wss to the same
// host and port.
const contentSecurityPolicy = "default-src 'none'; " +
	"script-src 'self' 'wasm-unsafe-eval'; " +
	"style-src 'self'; " +
	"img-src 'self'; " +
	"connect-src 'self'; " +
	"base-uri 'none'; " +
	"form-action 'none'; " +
	"frame-ancestors 'none'"

const missingModule = "The browser module has not been built into this server. " +
	"Run `make build` (or ./serve.sh) and start the server again.\n"

// Handler serves the page at / and its files below it.
//
// It answers GET and HEAD (405 for any other method), 404 for a path that is
// not one of the page's files, and 304 when the client has the file already:
// each file has a strong ETag, and no-cache makes browsers ask each time.
// Bodies are gzipped when the client accepts it, each file once. Every answer
// carries a Content-Security-Policy that allows nothing from elsewhere and
// nothing inline.
//
// The handler may be called by several goroutines.
func Handler() http.Handler {
	page, err := fs.Sub(embedded, "page")
	if err != nil {
		panic(err) // "page" is a valid path: it cannot happen
	}
	return newHandler(page)
}

type handler map[string]*file // by the path of the URL

func newHandler(page fs.FS) http.Handler {
	h := handler{}
	err := fs.WalkDir(page, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		contentType, served := contentTypes[path.Ext(name)]
		if !served {
			return nil
		}
		body, err := fs.ReadFile(page, name)
		if err != nil {
			return err
		}
		h[urlPath(name)] = newFile(contentType, body)
		return nil
	})
	if err != nil {
		panic(err) // the files are in memory: reading them cannot fail
	}
	return h
}

func urlPath(name string) string {
	if name == "index.html" {
		return "/"
	}
	return "/" + name
}

func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", contentSecurityPolicy)
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")

	f, found := h[r.URL.Path]
	switch {
	case !found && isModule(r.URL.Path):
		header.Set("Cache-Control", "no-cache")
		http.Error(w, missingModule, http.StatusNotFound)
	case !found:
		http.NotFound(w, r)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "the page is read with GET or HEAD", http.StatusMethodNotAllowed)
	default:
		f.serve(w, r)
	}
}

// isModule reports whether make builds what is at this path.
func isModule(p string) bool {
	return p == "/wasm/tandem.wasm" || p == "/wasm/wasm_exec.js"
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	form := f.plain
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		form = f.gzipped()
	}
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("Vary", "Accept-Encoding")
	header.Set("ETag", form.etag)
	if matches(r.Header.Values("If-None-Match"), form.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", f.contentType)
	header.Set("Content-Length", strconv.Itoa(len(form.body)))
	if form.encoding != "" {
		header.Set("Content-Encoding", form.encoding)
	}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodGet {
		w.Write(form.body) // an error means that the client has gone
	}
}

// matches reports whether an If-None-Match header names the tag. The
// comparison is the weak one (RFC 9110, section 13.1.2).
func matches(lines []string, etag string) bool {
	for _, line := range lines {
		for tag := range strings.SplitSeq(line, ",") {
			tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
			if tag == etag || tag == "*" {
				return true
			}
		}
	}
	return false
}

// acceptsGzip reports whether an Accept-Encoding header allows gzip (RFC 9110,
// section 12.5.3): named, or by the wildcard, with a weight above zero.
func acceptsGzip(lines []string) bool {
	wildcard := false
	for _, line := range lines {
		for item := range strings.SplitSeq(line, ",") {
			coding, params, _ := strings.Cut(item, ";")
			allowed := weight(params) > 0
			switch strings.ToLower(strings.TrimSpace(coding)) {
			case "gzip", "x-gzip":
				return allowed
			case "*":
				wildcard = allowed
			}
		}
	}
	return wildcard
}

// weight is the q parameter of an item: 1 when it has none, 0 when it is not a
// number, so that what is not understood is not used.
func weight(params string) float64 {
	name, value, found := strings.Cut(params, "=")
	if !found || strings.ToLower(strings.TrimSpace(name)) != "q" {
		return 1
	}
	q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil {
		return 0
	}
	return q
}
