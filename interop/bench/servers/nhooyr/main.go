// Command nhooyr serves the handlers of package echo/nhooyr to the benchmark.
package main

import (
	"example.com/tandem/interop/bench/echo/nhooyr"
	"example.com/tandem/interop/bench/serve"
)

func main() { serve.Run(nhooyr.Handlers()) }
