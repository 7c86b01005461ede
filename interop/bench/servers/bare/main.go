// Command bare serves the handler of package echo/bare to the benchmark; with the argument emptied, without net/http's
// buffers.
package main

import (
	"os"

	"example.com/tandem/interop/bench/echo/bare"
	"example.com/tandem/interop/bench/serve"
)

func main() { serve.Run(bare.Handlers(len(os.Args) > 1 && os.Args[1] == "emptied")) }
