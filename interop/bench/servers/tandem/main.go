// Command tandem serves the echo of package echo/tandem to the benchmark.
package main

import (
	"example.com/tandem/interop/bench/echo/tandem"
	"example.com/tandem/interop/bench/serve"
)

func main() { serve.Run(tandem.Handler()) }
