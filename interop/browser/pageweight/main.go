// Command pageweight tells what each view of the page costs a visitor who comes for the first time, in a real Chromium: the
// requests and bytes on the wire, and the time until something is painted, until the view can be used, and until the browser
// module runs where the view has it. Times are the median of several visits over loopback. Run it in this module after the
// browser module has been built:
//
//	make module && cd interop && go run ./browser/pageweight
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"example.com/tandem/interop/browser"
	"example.com/tandem/interop/site"
)

var views = []string{"", "wire", "composer", "handshake", "guide", "why"}

func main() {
	rounds := flag.Int("n", 5, "`visits` of each view")
	flag.Parse()
	if err := weigh(max(*rounds, 1)); err != nil {
		fmt.Fprintln(os.Stderr, "pageweight:", err)
		os.Exit(1)
	}
}

func weigh(rounds int) error {
	path, err := browser.Find()
	if err != nil {
		return err
	}
	chromium, err := browser.Start(context.Background(), path)
	if err != nil {
		return err
	}
	defer chromium.Close()
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "view\trequests\tbytes\tof the module\tpainted\tusable\tmodule runs\t")
	for _, view := range views {
		visits := make([]cost, rounds)
		for i := range visits {
			if visits[i], err = visit(chromium, view); err != nil {
				return fmt.Errorf("#/%s: %w", view, err)
			}
		}
		of := func(value func(cost) float64) float64 { return median(visits, value) }
		fmt.Fprintf(table, "#/%s\t%.0f\t%.0f\t%.0f\t%.0f ms\t%.0f ms\t%s\t\n", view, of(func(c cost) float64 { return c.Requests }),
			of(func(c cost) float64 { return float64(c.received) }), of(func(c cost) float64 { return c.Module }),
			of(func(c cost) float64 { return c.Painted }), of(func(c cost) float64 { return c.Usable }),
			milliseconds(of(func(c cost) float64 { return c.Running })))
	}
	return table.Flush()
}

// A cost is that of one visit. Times are in milliseconds since the visit began; Running is 0 without the module.
type cost struct {
	Requests, Module         float64
	Painted, Usable, Running float64
	received                 int
}

const measure = `(() => {
	const resources = performance.getEntriesByType("resource").filter(({initiatorType}) => initiatorType !== "eventsource");
	const module = resources.filter(({name}) => name.includes("/wasm/")).reduce((sum, {transferSize}) => sum + transferSize, 0);
	return {requests: resources.length + 1, module, painted: performance.getEntriesByName("first-contentful-paint")[0].startTime,
		usable: performance.getEntriesByName("shown")[0].startTime, running: globalThis.tandem?.open ? performance.now() : 0};
})()`

// visit goes to a view of a site that no browser has seen.
func visit(chromium *browser.Browser, view string) (cost, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return cost{}, err
	}
	defer site.Serve(listener).Close()
	tab, err := chromium.Open(time.Minute)
	if err != nil {
		return cost{}, err
	}
	defer tab.Close()
	if err := tab.Visit("http://" + listener.Addr().String() + "/#/" + view); err != nil {
		return cost{}, err
	}
	ready := `document.querySelector("#main").dataset.shown && (!globalThis.tandem || tandem.open) && performance.getEntriesByName("first-contentful-paint").length > 0`
	if view == "why" {
		ready += ` && document.querySelector(".why canvas")`
	}
	if err := tab.Wait(ready, 30*time.Second); err != nil {
		return cost{}, err
	}
	c, err := browser.Evaluate[cost](tab, measure)
	c.received = tab.Received()
	return c, err
}

func median(visits []cost, value func(cost) float64) float64 {
	values := make([]float64, len(visits))
	for i, v := range visits {
		values[i] = value(v)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func milliseconds(v float64) string {
	if v == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f ms", v)
}
