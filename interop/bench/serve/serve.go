// Package serve is what the servers under test have in common: where they listen, what they can be asked, and under which
// paths their handlers are.
package serve

import (
	"crypto/tls"
	"log"
	"net/http"
	_ "net/http/pprof" // at /debug/pprof/, for a look at what a server does under load
	"os"
	"runtime/debug"
)

// Handlers are the ways in which a library is put to use, each in its documented fast form. Those that a library has not
// are nil.
type Handlers struct {
	Echo    http.Handler // /: sends each message back; compresses where the client offers permessage-deflate
	Checked http.Handler // /checked: the same, and looks whether text is UTF-8
	Hub     http.Handler // /hub: sends each message to all that are connected there
	SlowHub http.Handler // /hub/slow: the same where some receivers do not read, which must not delay the others
}

// Mux serves the handlers under their paths. A request for /free gives memory that is not in use back to the system.
func (h Handlers) Mux() *http.ServeMux {
	mux := http.NewServeMux()
	for path, handler := range map[string]http.Handler{"/": h.Echo, "/checked": h.Checked, "/hub": h.Hub, "/hub/slow": h.SlowHub} {
		if handler != nil {
			mux.Handle(path, handler)
		}
	}
	mux.HandleFunc("/free", func(http.ResponseWriter, *http.Request) { debug.FreeOSMemory() })
	mux.Handle("/debug/pprof/", http.DefaultServeMux)
	return mux
}

// Run serves the handlers on the address in the environment variable ADDR, until the process is killed; over TLS if CERT
// and KEY name files in PEM form.
func Run(h Handlers) {
	cert, key := os.Getenv("CERT"), os.Getenv("KEY")
	s := http.Server{Addr: os.Getenv("ADDR"), Handler: h.Mux()}
	if cert == "" {
		log.Fatal(s.ListenAndServe())
	}
	s.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){} // HTTP/1.1 only
	log.Fatal(s.ListenAndServeTLS(cert, key))
}
