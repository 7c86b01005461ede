// Command tandem serves the handlers of package echo/tandem to the benchmark, in the form that its argument names:
// blocking, handler, accepted or goroutine.
package main

import (
	"log"
	"os"

	"example.com/tandem/interop/bench/echo/tandem"
	"example.com/tandem/interop/bench/serve"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("want one argument: blocking, handler, accepted or goroutine")
	}
	switch os.Args[1] {
	case "blocking":
		serve.Run(tandem.Blocking())
	case "handler":
		serve.Run(tandem.Handed())
	case "accepted":
		serve.Run(tandem.Accepted())
	case "goroutine":
		serve.Run(tandem.Goroutine())
	default:
		log.Fatalf("no form is called %q", os.Args[1])
	}
}
