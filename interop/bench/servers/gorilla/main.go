// Command gorilla serves the echo of package echo/gorilla to the benchmark.
package main

import (
	"example.com/tandem/interop/bench/echo/gorilla"
	"example.com/tandem/interop/bench/serve"
)

func main() { serve.Run(gorilla.Handler()) }
