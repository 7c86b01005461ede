// Command gorilla serves the handlers of package echo/gorilla to the benchmark.
package main

import (
	"example.com/tandem/interop/bench/echo/gorilla"
	"example.com/tandem/interop/bench/serve"
)

func main() { serve.Run(gorilla.Handlers()) }
