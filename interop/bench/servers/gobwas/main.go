// Command gobwas serves the handlers of package echo/gobwas to the benchmark; with the argument zero-copy, its echo for
// many connections.
package main

import (
	"log"
	"os"

	"example.com/tandem/interop/bench/echo/gobwas"
	"example.com/tandem/interop/bench/serve"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "zero-copy" {
		log.Fatal(gobwas.ServeZeroCopy(os.Getenv("ADDR")))
	}
	serve.Run(gobwas.Handlers())
}
