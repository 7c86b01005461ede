// Command load is the client of the benchmark: it sends messages to a server, checks every byte that comes back, and
// reports in JSON how many there were and what they cost. Its frames are masked, and compressed, once, before the clock
// starts.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"log"
	"os"
	"time"

	"example.com/tandem/interop/bench/sample"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("load: ")
	var o order
	flag.StringVar(&o.kind, "kind", "echo", "echo, paced, broadcast, handshakes or rest")
	flag.StringVar(&o.target.addr, "addr", "", "host and port of the server")
	flag.StringVar(&o.target.path, "path", "/", "path of the request")
	flag.BoolVar(&o.target.tls, "tls", false, "over TLS")
	flag.BoolVar(&o.target.deflate, "deflate", false, "with permessage-deflate, without context takeover")
	flag.IntVar(&o.pid, "pid", 0, "process whose processor time and memory to report")
	flag.IntVar(&o.conns, "conns", 64, "connections")
	flag.IntVar(&o.size, "size", 16, "bytes in a message")
	flag.StringVar(&o.content, "content", "binary", "what messages hold: binary, ascii, cyrillic or json")
	flag.IntVar(&o.inFlight, "inflight", 1, "echo: messages on the way on each connection")
	flag.Float64Var(&o.rate, "rate", 0, "paced: messages a second")
	flag.IntVar(&o.slow, "slow", 0, "broadcast: how many of the connections do not read")
	flag.StringVar(&o.rests, "rests", "", "rest: numbers of connections at which to read the memory: 1000,10000")
	flag.BoolVar(&o.mute, "mute", false, "rest: the server does not echo")
	flag.DurationVar(&o.window.length, "time", 2*time.Second, "how long to measure")
	flag.DurationVar(&o.window.warm, "warm", 300*time.Millisecond, "how long to warm up before")
	prompted := flag.Bool("prompted", false, "measure once for each line of the input, and keep still between")
	flag.Parse()

	j, err := o.prepare()
	if err != nil {
		log.Fatal(err)
	}
	turn := func() {
		report, err := j.turn(o.window)
		if err == nil {
			err = json.NewEncoder(os.Stdout).Encode(report)
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	if !*prompted {
		turn()
		return
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		turn()
	}
}

// An order is what the load is to do.
type order struct {
	target
	kind, content, rests string
	pid, conns, size     int
	inFlight, slow       int
	rate                 float64
	mute                 bool
	window
}

// A job is what the load does, in turns: between them its connections stay, and nothing is on the way.
type job interface {
	turn(window) (sample.Report, error)
	Close()
}

// A window is when messages are counted: for length, after a time of warming up.
type window struct {
	warm, length time.Duration
}

// prepare opens the connections that are there from the beginning.
func (o order) prepare() (job, error) {
	switch o.kind {
	case "handshakes":
		return &handshakes{o.target, o.pid}, nil
	case "rest":
		return &resting{target: o.target, pid: o.pid, counts: o.rests, mute: o.mute}, nil
	}
	s, err := newScript(o.content, o.size, o.deflate)
	if err != nil {
		return nil, err
	}
	if o.kind == "broadcast" {
		return newBroadcast(o.target, s, o.pid, o.conns, o.slow)
	}
	conns, err := o.connect(0, o.conns, false)
	if err != nil {
		return nil, err
	}
	e, err := newEngine(conns, s, o.pid, false)
	if err != nil {
		return nil, err
	}
	if o.kind == "paced" {
		return &paced{engine: e, rate: o.rate}, nil
	}
	return &echo{e, o.inFlight}, nil
}
