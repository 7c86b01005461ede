// Command gws serves the handlers of package echo/gws to the benchmark.
package main

import (
	"example.com/tandem/interop/bench/echo/gws"
	"example.com/tandem/interop/bench/serve"
)

func main() { serve.Run(gws.Handlers()) }
