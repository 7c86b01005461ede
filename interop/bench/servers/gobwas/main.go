// Command gobwas serves the echo of package echo/gobwas to the benchmark.
package main

import (
	"example.com/tandem/interop/bench/echo/gobwas"
	"example.com/tandem/interop/bench/serve"
)

func main() { serve.Run(gobwas.Handler()) }
