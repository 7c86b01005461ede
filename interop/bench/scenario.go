package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A kind is what the load does.
type kind string

const (
	echo       kind = "echo"       // messages in flight on each connection, as fast as they come back
	paced      kind = "paced"      // messages at a given rate, whether they come back or not
	broadcast  kind = "broadcast"  // each message to all connections
	handshakes kind = "handshakes" // connections opened and closed
	rest       kind = "rest"       // silent connections
)

// A scenario is what the servers are put through.
type scenario struct {
	kind
	conns, size, inFlight int
	content               string // binary, ascii, cyrillic or json
	deflate, tls          bool
	slow                  bool   // broadcast: a tenth of the connections do not read
	together              bool   // paced: all servers at one rate, not each at half of its own saturation
	rests                 string // rest: the numbers of connections
}

func echoOf(conns, size, inFlight int, content string) scenario {
	return scenario{kind: echo, conns: conns, size: size, inFlight: inFlight, content: content}
}

func (s scenario) withDeflate() scenario { s.deflate, s.content = true, "json"; return s }
func (s scenario) withTLS() scenario     { s.tls = true; return s }

func pacedOf(together bool) scenario {
	s := saturation
	s.kind, s.together = paced, together
	return s
}

func broadcastTo(conns, size int, slow bool) scenario {
	return scenario{kind: broadcast, conns: conns, size: size, content: "binary", slow: slow}
}

// saturation is the scenario whose messages a second the paced ones take the half of.
var saturation = echoOf(64, 16, 1, "binary")

// grown are the numbers of connections that show how a figure grows.
var grown = []int{1, 10, 100, 1000, 10_000}

// usual are the scenarios that the aims need, those that the charts of growth need, and one each of opening handshakes,
// permessage-deflate and TLS.
func usual(silent string) []scenario {
	all := []scenario{
		echoOf(64, 16, 16, "binary"), saturation, echoOf(64, 1<<10, 1, "binary"), echoOf(1000, 16, 1, "binary"),
		pacedOf(false), pacedOf(true),
		broadcastTo(10_000, 128, false), broadcastTo(10_000, 1<<10, false), broadcastTo(10_000, 128, true),
		{kind: handshakes}, {kind: rest, rests: silent},
		echoOf(64, 1<<10, 1, "").withDeflate(), echoOf(64, 16, 1, "binary").withTLS(),
	}
	for _, size := range []int{64 << 10, 1 << 20} {
		for _, content := range []string{"binary", "ascii", "cyrillic"} {
			all = append(all, echoOf(64, size, 1, content))
		}
	}
	for _, conns := range grown {
		if s := echoOf(conns, 16, 1, "binary"); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// full is the whole matrix.
func full(silent string) []scenario {
	all := usual(silent)
	add := func(s scenario) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for _, size := range []int{16, 1 << 10, 64 << 10, 1 << 20} {
		for _, conns := range []int{1, 64, 1000} {
			for _, inFlight := range []int{1, 16} {
				if conns*size*inFlight > 1<<30 {
					continue // see leftOut
				}
				plain := echoOf(conns, size, inFlight, "binary")
				add(plain)
				add(echoOf(conns, size, inFlight, "ascii"))
				add(echoOf(conns, size, inFlight, "cyrillic"))
				add(plain.withDeflate())
				add(plain.withTLS())
				add(plain.withDeflate().withTLS())
			}
		}
	}
	for _, size := range []int{128, 1 << 10} {
		for _, conns := range grown[1:] {
			add(broadcastTo(conns, size, false))
			if conns >= 1000 {
				add(broadcastTo(conns, size, true))
			}
		}
	}
	return all
}

const leftOut = "Left out: 1,000 connections × 1 MiB with 16 in flight, which are 16 GB on the way."

// short is what shows in about a minute that everything works.
func short() []scenario {
	return []scenario{
		echoOf(64, 16, 16, "binary"), saturation, echoOf(64, 64<<10, 1, "cyrillic"), echoOf(64, 1<<10, 1, "").withDeflate(),
		echoOf(64, 16, 1, "binary").withTLS(), pacedOf(false), broadcastTo(1000, 128, true), {kind: handshakes},
		{kind: rest, rests: "1000,5000"},
	}
}

func (s scenario) name() string {
	switch s.kind {
	case rest:
		return "Memory of silent connections"
	case handshakes:
		return "Opening handshakes"
	case broadcast:
		name := fmt.Sprintf("Broadcast of %s to %s connections", bytesName(s.size), thousands(float64(s.conns)))
		if s.slow {
			name += ", a tenth of them slow"
		}
		return name
	}
	name := fmt.Sprintf("%s connections × %s", thousands(float64(s.conns)), bytesName(s.size))
	if s.conns == 1 {
		name = "1 connection × " + bytesName(s.size)
	}
	switch {
	case s.kind == echo:
		name += fmt.Sprintf(", %d in flight", s.inFlight)
	case s.together:
		name += ", all at half of the lowest saturation"
	default:
		name += ", each at half of its saturation"
	}
	name += map[string]string{"binary": "", "ascii": ", ASCII text", "cyrillic": ", Cyrillic text", "json": ", JSON"}[s.content]
	if s.deflate {
		name += ", permessage-deflate"
	}
	if s.tls {
		name += ", TLS"
	}
	return name
}

// few is the number of turns where more would take too long.
const few = 5

// turns returns how many turns of what length the scenario has of those that were asked for. Memory hardly moves, and is
// read once. The slowest answers of a thousand need long turns, and slow receivers new connections for each: they have few.
func (s scenario) turns(asked int, length time.Duration) (int, time.Duration) {
	switch {
	case s.kind == rest:
		return 1, length
	case s.kind == paced && asked > few:
		return few, 2 * length * time.Duration(asked) / few
	case s.slow && asked > few:
		return few, length * time.Duration(asked) / few
	}
	return asked, length
}

// alone reports whether no other server is to be there, and a new process for each turn: these take so much of the
// system's memory.
func (s scenario) alone() bool { return s.kind == rest || s.slow }

// path is where the server has what the scenario needs. Text other than ASCII is for servers that look whether it is UTF-8.
func (s scenario) path() string {
	switch {
	case s.kind == broadcast && s.slow:
		return "/hub/slow"
	case s.kind == broadcast:
		return "/hub"
	case s.content == "cyrillic":
		return "/checked"
	}
	return "/"
}

// arguments are those of the load generator; rate is for what is paced.
func (s scenario) arguments(length time.Duration, rate float64) []string {
	a := []string{"-kind", string(s.kind), "-path", s.path()}
	if s.kind == rest {
		return append(a, "-rests", s.rests)
	}
	warm := length / 4
	if s.alone() {
		warm = length // the process is new
	}
	a = append(a, "-time", length.String(), "-warm", min(warm, 300*time.Millisecond).String())
	if s.kind == handshakes {
		return a
	}
	a = append(a, "-conns", strconv.Itoa(s.conns), "-size", strconv.Itoa(s.size), "-content", s.content,
		"-deflate="+strconv.FormatBool(s.deflate), "-tls="+strconv.FormatBool(s.tls))
	switch s.kind {
	case echo:
		a = append(a, "-inflight", strconv.Itoa(s.inFlight))
	case paced:
		a = append(a, "-rate", strconv.FormatFloat(rate, 'f', 0, 64))
	case broadcast:
		if s.slow {
			a = append(a, "-slow", strconv.Itoa(s.conns/10))
		}
	}
	return a
}

// silent are the numbers of connections at which memory is read: from 1,000 up to most.
func silent(most int) string {
	var counts []string
	for _, n := range []int{1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000} {
		if n < most*4/5 {
			counts = append(counts, strconv.Itoa(n))
		}
	}
	return strings.Join(append(counts, strconv.Itoa(most)), ",")
}

func bytesName(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.Itoa(n>>20) + " MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.Itoa(n>>10) + " KiB"
	}
	return strconv.Itoa(n) + " B"
}
