// Command compare runs the conformance suite on this project's ends and on a widely used implementation beside them, as
// servers and as clients, and writes where the two differ:
//
//	compare -page COMPARISON.md -data compare/testdata/comparison.json
//
// The data are what the page is made of; the package's tests hold both against what the ends do now. The exit status is
// 1 if the reference passes a case that we do not.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"time"

	"example.com/tandem/interop/conform"
)

func main() {
	page := flag.String("page", "COMPARISON.md", "write the page to this `file`")
	data := flag.String("data", "compare/testdata/comparison.json", "write what the page is made of to this `file`")
	flag.Parse()
	log.SetOutput(io.Discard) // net/http's, which the reference's client leaves connections to that no answer belongs on
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	worse, err := run(ctx, *page, *data)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(2)
	}
	if worse > 0 {
		fmt.Fprintf(os.Stderr, "compare: the reference passes %d cases that we do not\n", worse)
		os.Exit(1)
	}
}

// run compares and writes both files. worse is the number of cases that only the reference passes.
func run(ctx context.Context, page, data string) (worse int, err error) {
	suite := &conform.Suite{Parallel: 8}
	var reports []report
	for _, role := range roles {
		begun := time.Now()
		r, err := role.test(ctx, suite)
		if err != nil {
			return 0, err
		}
		fmt.Printf("%s: %d cases in %.0f s\n", role.name, len(r.ours.Results), time.Since(begun).Seconds())
		reports = append(reports, r)
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	c, err := compare(reports)
	if err != nil {
		return 0, err
	}
	c.Conditions = conditions(time.Now())
	b, err := json.MarshalIndent(c, "", "\t")
	if err != nil {
		return 0, err
	}
	if err := os.WriteFile(data, append(b, '\n'), 0o644); err != nil {
		return 0, err
	}
	return len(c.Worse), os.WriteFile(page, []byte(c.page()), 0o644)
}
