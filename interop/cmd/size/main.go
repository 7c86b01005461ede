// Command size measures a file as it travels: raw, and compressed as well as gzip and brotli can.
//
//	size -limit 560000 web/page/wasm/tandem.wasm
//
// The exit status is 1 if brotli makes more bytes of it than the limit.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/andybalholm/brotli"
)

func main() {
	limit := flag.Int("limit", 0, "bytes that brotli may make of it; 0: any number")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	content, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, "size:", err)
		os.Exit(1)
	}
	gzipped := length(content, func(w io.Writer) (io.WriteCloser, error) {
		return gzip.NewWriterLevel(w, gzip.BestCompression)
	})
	brotlied := length(content, func(w io.Writer) (io.WriteCloser, error) {
		return brotli.NewWriterLevel(w, brotli.BestCompression), nil
	})
	fmt.Printf("%s: raw %d bytes, gzip -9 %d, brotli -q 11 %d\n", flag.Arg(0), len(content), gzipped, brotlied)
	if *limit > 0 && brotlied > *limit {
		fmt.Fprintf(os.Stderr, "size: %d bytes over the limit of %d\n", brotlied-*limit, *limit)
		os.Exit(1)
	}
}

// length gives the number of bytes that a compressor makes of the content.
func length(content []byte, compressor func(io.Writer) (io.WriteCloser, error)) int {
	var out bytes.Buffer
	w, err := compressor(&out)
	if err != nil {
		panic(err) // the level is a valid one
	}
	w.Write(content) // into memory: cannot fail
	w.Close()
	return out.Len()
}
