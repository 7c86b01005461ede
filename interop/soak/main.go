// Command soak keeps thousands of connections busy for a while and looks for what only shows then: a message lost,
// doubled, changed or out of its order, an end that nothing explains, and goroutines, descriptors or memory that do not
// come back.
//
//	cd interop && go run ./soak -for 10m -connections 2000
//
// Each connection opens, talks, stalls, breaks or closes, and opens again as another, by a plan that follows from the
// seed and its number alone. The server is ours; the clients are ours and the reference's. Our ends receive themselves or
// are handed over to a handler. It prints what happened and exits with 1 if anything was wrong.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	var s settings
	flag.DurationVar(&s.length, "for", 10*time.Minute, "how long connections are opened again")
	flag.IntVar(&s.connections, "connections", 2000, "how many are open at a time")
	flag.Uint64Var(&s.seed, "seed", 1, "what everything that is chosen follows from")
	flag.DurationVar(&s.pause, "pause", time.Second, "how long an end waits between two messages, on the average")
	flag.Parse()
	if flag.NArg() > 0 || s.connections < 1 {
		flag.Usage()
		os.Exit(2)
	}
	t, err := run(s)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
	t.print(os.Stdout)
	if t.faulty() {
		os.Exit(1)
	}
}
