// Command load is the client of the benchmark: it sends messages to an echo server, checks every byte that comes back,
// and reports in JSON how many there were and what they cost. Its frames are masked once, before the clock starts.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"example.com/tandem/interop/bench/sample"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("load: ")
	addr := flag.String("addr", "", "host and port of the server")
	pid := flag.Int("pid", 0, "process whose CPU and memory to report")
	conns := flag.Int("conns", 64, "connections")
	size := flag.Int("size", 16, "bytes in a message")
	inFlight := flag.Int("inflight", 1, "messages on the way on each connection")
	length := flag.Duration("time", 2*time.Second, "how long to measure")
	warm := flag.Duration("warm", 300*time.Millisecond, "how long to warm up before")
	idle := flag.String("idle", "", "measure memory instead, at these numbers of connections: 2000,10000")
	flag.Parse()

	var report sample.Report
	var err error
	if *idle != "" {
		report.Rests, err = rests(*addr, *pid, *idle)
	} else {
		report.Echo, err = echo(*addr, *pid, *conns, *size, *inFlight, *warm, *length)
	}
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
		log.Fatal(err)
	}
}

// echo measures while messages go back and forth.
func echo(addr string, pid, conns, size, inFlight int, warm, length time.Duration) (e sample.Echo, err error) {
	lines, err := connect(addr, conns)
	if err != nil {
		return e, err
	}
	var marks []usage
	e.Messages, err = drive(lines, newScript(size, inFlight), inFlight, window{warm, length, func() { marks = append(marks, use(pid)) }})
	if err != nil {
		return e, err
	}
	first, last := marks[0], marks[1]
	for _, err := range []error{first.err, last.err} {
		if err != nil {
			return e, err
		}
	}
	e.Seconds = last.at.Sub(first.at).Seconds()
	e.ServerCPU, e.LoadCPU, e.RSS = last.server-first.server, last.own-first.own, last.rss
	return e, nil
}

// usage is what had been used at one moment.
type usage struct {
	at          time.Time
	server, own float64
	rss         int64
	err         error
}

func use(pid int) (u usage) {
	u.at = time.Now()
	if u.server, u.err = cpuOf(pid); u.err == nil {
		u.own, u.err = ownCPU()
	}
	if u.err == nil {
		u.rss, u.err = rssOf(pid)
	}
	return u
}

// rests measures the server's memory with so many connections that have exchanged one message each and are silent now.
func rests(addr string, pid int, counts string) (all []sample.Rest, err error) {
	s := newScript(16, 1)
	var open []net.Conn
	for _, count := range strings.Split(counts, ",") {
		n, err := strconv.Atoi(count)
		if err != nil || n < len(open) {
			return nil, fmt.Errorf("-idle has to be a list of growing numbers, not %q", counts)
		}
		more, err := connect(addr, n-len(open))
		if err != nil {
			return nil, err
		}
		for _, c := range more {
			if err := exchange(c, newDialogue(s, 0)); err != nil {
				return nil, err
			}
		}
		open = append(open, more...)
		free(addr)
		rss, err := rssOf(pid)
		if err != nil {
			return nil, err
		}
		all = append(all, sample.Rest{Conns: len(open), RSS: rss})
	}
	return all, nil
}

// free asks the server to give back memory that is not in use. One that does not know how to has none to give.
func free(addr string) {
	client := http.Client{Timeout: 10 * time.Second}
	for range 2 { // what finalizers let go is free only after the next collection
		if response, err := client.Get("http://" + addr + "/free"); err == nil {
			response.Body.Close()
		}
	}
	client.CloseIdleConnections()
	time.Sleep(200 * time.Millisecond)
}
