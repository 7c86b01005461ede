// Package serve is what the servers under test have in common: where they listen and what they can be asked.
package serve

import (
	"log"
	"net/http"
	_ "net/http/pprof" // at /debug/pprof/, for a look at what a server does under load
	"os"
	"runtime/debug"
)

// Run serves h on the address in the environment variable ADDR, until the process is killed. A request for /free gives
// memory that is not in use back to the system.
func Run(h http.Handler) {
	http.HandleFunc("/free", func(http.ResponseWriter, *http.Request) { debug.FreeOSMemory() })
	http.Handle("/", h)
	log.Fatal(http.ListenAndServe(os.Getenv("ADDR"), nil))
}
