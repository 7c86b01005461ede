// Command conform judges how well WebSocket endpoints keep to RFC 6455 and RFC 7692; see package conform.
//
//	conform                           this project's server and client
//	conform ws://host/echo ...        these servers; each has to echo
//	conform -listen 127.0.0.1:9001    clients that come: Autobahn's addresses, until the program is interrupted
//	conform -list                     the cases, with what they send and what is allowed
//
// The exit status is 1 if a case failed.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"regexp"
	"sync"

	"example.com/tandem/interop/conform"
	"example.com/tandem/interop/conform/ours"
)

var (
	full     = flag.Bool("full", false, "as many repetitions as Autobahn has; takes minutes")
	run      = flag.String("run", "", "only cases whose ID matches this `regexp`")
	parallel = flag.Int("parallel", 4, "how many cases run at once")
	list     = flag.Bool("list", false, "list the cases and do nothing")
	listen   = flag.String("listen", "", "test the clients that connect to this `address`")
	seeds    = flag.String("seeds", "", "write what some cases send to this `file`, as seeds for fuzzing")
	output   = flag.String("json", "", "write the reports to this `file`")
)

func main() {
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	failed, err := conformance(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "conform:", err)
		os.Exit(2)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

// conformance does what the flags say, and returns how many cases failed.
func conformance(ctx context.Context) (failed int, err error) {
	suite := &conform.Suite{Full: *full, Parallel: *parallel}
	if *run != "" {
		match, err := regexp.Compile(*run)
		if err != nil {
			return 0, err
		}
		suite.Pick = func(c *conform.Case) bool { return match.MatchString(c.ID) }
		if len(suite.Cases(conform.Server))+len(suite.Cases(conform.Client)) == 0 {
			return 0, fmt.Errorf("no case matches %s", *run)
		}
	}
	if *list {
		listCases(suite)
		return 0, nil
	}
	var reports []*conform.Report
	switch {
	case *listen != "":
		reports, err = clients(ctx, suite)
	case flag.NArg() > 0:
		reports, err = servers(ctx, suite, flag.Args())
	default:
		reports, err = ourEnds(ctx, suite)
	}
	if err != nil {
		return 0, err
	}
	if err := conform.WriteTable(os.Stdout, reports); err != nil {
		return 0, err
	}
	for _, r := range reports {
		failed += r.Count("", conform.Fail)
	}
	if *seeds != "" {
		if err := writeSeeds(*seeds, reports); err != nil {
			return failed, err
		}
	}
	return failed, writeJSON(reports)
}

func listCases(suite *conform.Suite) {
	seen := make(map[string]bool)
	for _, role := range []conform.Role{conform.Server, conform.Client} {
		for _, c := range suite.Cases(role) {
			if !seen[c.ID] {
				seen[c.ID] = true
				fmt.Printf("%s (%s)\n  sends: %s\n  allows: %s\n", c.ID, c.Section, c.Sends, c.Allows)
			}
		}
	}
}

// ourEnds tests this project's server and client, in both forms.
func ourEnds(ctx context.Context, suite *conform.Suite) (reports []*conform.Report, err error) {
	for _, form := range []ours.Form{ours.Blocking, ours.Handed} {
		for _, test := range []func(context.Context, *conform.Suite) (*conform.Report, error){form.TestServer, form.TestClient} {
			r, err := test(ctx, suite)
			if err != nil {
				return nil, err
			}
			reports = append(reports, r)
		}
	}
	return reports, nil
}

func servers(ctx context.Context, suite *conform.Suite, addresses []string) (reports []*conform.Report, err error) {
	for _, address := range addresses {
		r, err := suite.TestServer(ctx, address)
		if err != nil {
			return nil, err
		}
		reports = append(reports, r)
	}
	return reports, nil
}

// clients tests whoever comes, until ctx ends.
func clients(ctx context.Context, suite *conform.Suite) ([]*conform.Report, error) {
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var reports []*conform.Report
	l := suite.NewListener()
	l.Done = func(r *conform.Report) {
		mu.Lock()
		defer mu.Unlock()
		reports = append(reports, r)
		fmt.Printf("%s: %d of %d cases passed\n", r.Peer, r.Count("", conform.Pass), len(r.Results))
	}
	fmt.Printf("ws://%s has /getCaseCount, /runCase?case=N&agent=A and /updateReports?agent=A; interrupt to see the reports\n", listener.Addr())
	err = l.Serve(ctx, listener)
	mu.Lock()
	defer mu.Unlock()
	return reports, err
}

func writeJSON(reports []*conform.Report) error {
	if *output == "" {
		return nil
	}
	f, err := os.Create(*output)
	if err != nil {
		return err
	}
	if err := conform.WriteJSON(f, reports); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
