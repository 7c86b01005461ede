package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// writeConditions says when, where and with what the figures were taken.
func (p *page) writeConditions(w io.Writer) {
	pinning := "server and load pinned to a core each"
	if !pinned() {
		pinning = "server and load not pinned"
	}
	fmt.Fprintf(w, "%s, %s/%s, %s, %d cores, %s, %s.\n", p.began.UTC().Format("2006-01-02 15:04 MST"), runtime.GOOS, runtime.GOARCH,
		processor(), runtime.NumCPU(), pinning, runtime.Version())
	var versions []string
	for _, s := range p.plan.servers {
		if v := s.version(); v != "" {
			versions = append(versions, v)
		}
	}
	if len(versions) > 0 {
		fmt.Fprintf(w, "Peers: %s.\n", strings.Join(versions, ", "))
	}
	fmt.Fprintf(w, "Command, in interop: `%s`. It took %v.\n", p.command, time.Since(p.began).Round(time.Second))
}

// writeMethod says how the figures come about, and how to read them.
func (p *page) writeMethod(w io.Writer) {
	fmt.Fprintf(w, `
## How to read this

Absolute figures hold for one machine and one hour; the ratios are what to look at. All servers of a scenario are there at the
same time, each a process of its own with a load of its own, and all are still but one: they take turns of %v, in %s, in
another order each time, and every %d rounds in new processes. Latency at a pace and slow receivers have %d turns, which are
longer; memory has one; and where receivers are slow, or memory is read, no other server is there. Figures are medians; spread is
the distance between the quartiles of the rounds, of CPU. "tandem ÷ its CPU" is the median over the rounds of this project's CPU
divided by that server's in the same round: below 1, this project needs less. The peer that needs least, CPU or memory, is bold.
CPU of one is the server's processor time, user and system, divided by the messages. Busy is the part of its core that each used:
a server well below 100%% waited for a load at 100%%, or for other work on the machine, and then its CPU tells more than its rate.

**tandem** receives and sends in the goroutine of the request, with Handler; **tandem-accept** does so with Accept, whose context is
the caller's; **tandem-goroutine** in a goroutine of its own; **tandem-handler** is the handler form, in which a silent
connection has no goroutine. Each peer is used in its documented fast form: see bench/echo, one folder for each.

**The load** is one process with one loop over epoll: a system call for up to 512 connections that have something, a read and a
write for the messages of one, more where they are long. Its frames are masked, and compressed, before the clock starts; every
byte of every answer is compared. A compressed answer is inflated and compared the first time; the same bytes for the same message
are right again, so that a compressor that does the same each time costs the load a comparison. Of an echo's processor time in the
load some nine tenths are the kernel's TCP, and some eight tenths where messages of 1 MiB are compared. TCP costs the server's
side as much: a server that needs hardly more than that is as busy as the load, and its CPU is what tells it from others. Under
TLS the load encrypts with crypto/tls, which makes it about as busy as the server.

**In flight**: a connection has always so many messages on the way. They begin one at a time, in turns over all connections, and for
the answers that one read brings as many new messages leave in one write. So it is the server that decides whether messages
travel together: "answers in a read" says how many did.

**Latency** of an echo in a closed loop is from the write of a message to the read of its answer; with all connections waiting for one
core it says how long the queue is. That of the paced scenarios is the one to look at: messages leave at random moments (Poisson)
and on random connections, the same in every run, whether answers come or not, and latency counts from the moment at which
a message was due: an answer that is late makes all behind it late too (no coordinated omission). The load does not sleep there,
so it is always 100%% busy. Each server is paced at half of its own saturation, the median of its messages a second at %s,
which is what the aim says; and again all at half of the lowest saturation, so that they do the same work.

**Broadcast**: one connection publishes, all receive it, and the next message leaves when the last of them has the one before.
CPU and rate are of a delivery; latency is from publishing to each delivery. Slow receivers do not read, and have been sent so
much before the clock starts that the system takes no more for them; they count neither as receivers nor in the latency. Peers
write to one connection after the other where nobody is slow, which is least work, and where some are in the form that their
documents show: a queue for each connection, of 256 messages in gorilla, gobwas and nhooyr, without bound in gws. This project has
one form for both, Broadcast with SkipSlow: slow receivers stay, and cost their share each time.

**permessage-deflate** is without context takeover in both directions, which all have, at each library's default level; gobwas,
which has none, is given the fastest. "bytes of an answer" says what came of it.

**Another peer** is a folder in bench/echo that returns serve.Handlers, a main in bench/servers like those that are there, and a
line in bench/server.go. A server in any language takes part with -with name=command if the command is the server itself (a
script has to exec it), and it listens on $ADDR, which is host:port, without TLS, and echoes at every path; it may give memory back
to the system at GET /free. It has no turn under TLS, in broadcasts and with permessage-deflate.
bench/outside/uwebsockets.cpp is one with uWebSockets, and says how to build it. Where the aims compare messages a second, a load
that was as busy as the server, or 95%% busy, is named as the limit, with the ratio of CPU beside it.

%s
`, p.length, rounds(p.rounds), life, min(p.rounds, few), saturation.name(), leftOut)
}

func rounds(n int) string {
	if n == 1 {
		return "one round"
	}
	return fmt.Sprintf("%d rounds", n)
}

// processor returns the processor's name, where the system tells it.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "processor unknown"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "processor unknown"
}
