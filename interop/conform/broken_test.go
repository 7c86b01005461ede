package conform

import (
	"cmp"
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/tandem/interop/conform/broken"
)

// How long the suite waits in a case for what a broken peer may never send. Where that is no fault, it has to be patient before it
// says that it is one: it may be this machine that is slow.
const (
	impatient = 1500 * time.Millisecond
	patient   = 10 * impatient
)

// The honest peers pass everything: what is found wrong with a broken one is its fault.
func TestHonestPeers(t *testing.T) {
	s := Sampled(&Suite{Parallel: 4})
	server, err := broken.Listen(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	ofServer, err := s.TestServer(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	ofClient, err := s.TestClient(t.Context(), "honest", func(ctx context.Context, address string) error {
		return broken.Dial(ctx, address, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, report := range []*Report{ofServer, ofClient} {
		for _, r := range report.Results {
			beyond := strings.HasPrefix(r.ID, "deflate.badanswer.beyond.") // the client's offer sets no bounds to go beyond
			if r.Verdict != Pass && !(beyond && r.Verdict == Unimplemented) {
				t.Errorf("%s %v", report.Role, r)
			}
		}
	}
}

// Each fault is found by one of its cases: the suite can fail.
func TestBrokenPeers(t *testing.T) {
	var workers sync.WaitGroup
	jobs := make(chan job)
	for range 10 { // more than there are processors: most of the time is spent waiting for what does not come
		workers.Go(func() {
			for j := range jobs {
				t.Run(string(j.role)+"/"+j.fault.Name, func(t *testing.T) { expectCaught(t, j) })
			}
		})
	}
	for role, of := range map[Role]broken.Role{Server: broken.Server, Client: broken.Client} {
		all := Cases(role, false)
		for _, fault := range broken.Faults() {
			if fault.Role&of != 0 {
				jobs <- job{fault, role, slices.DeleteFunc(slices.Clone(all), func(c *Case) bool {
					return !strings.HasPrefix(c.ID, fault.Cases)
				})}
			}
		}
	}
	close(jobs)
	workers.Wait()
}

// A job is a fault in one role, and the cases that have to find it.
type job struct {
	fault *broken.Fault
	role  Role
	cases []*Case
}

// expectCaught runs the cases until one gives the verdict that the fault deserves.
func expectCaught(t *testing.T, j job) {
	fault, run := j.fault, runOnServer
	if j.role == Client {
		run = runOnClient
	}
	try := run(t, fault)
	for _, c := range j.cases {
		r := try(c, impatient)
		if fault.Tolerated && r.Verdict == Fail {
			r = try(c, patient)
		}
		switch {
		case fault.Tolerated && r.Verdict == Fail:
			t.Fatalf("a peer that %s does not deserve this: %v", fault.Sentence, r)
		case r.Verdict == Fail, (fault.Tolerated || fault.Racing) && r.Verdict == Tolerated:
			t.Log(r)
			return
		}
	}
	t.Errorf("none of %d cases found a peer that %s", len(j.cases), fault.Sentence)
}

func runOnServer(t *testing.T, fault *broken.Fault) func(*Case, time.Duration) Result {
	server, err := broken.Listen(fault)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	target, err := parseTarget(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	return func(c *Case, limit time.Duration) Result {
		conn, err := target.dial(t.Context())
		if err != nil {
			return Result{ID: c.ID, Verdict: Fail, Problem: err.Error()}
		}
		return within(limit).run(limited(c, limit), &Peer{tested: Server, target: target, conn: conn, reader: bufferedReader(conn)})
	}
}

func runOnClient(t *testing.T, fault *broken.Fault) func(*Case, time.Duration) Result {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return func(c *Case, limit time.Duration) Result {
		ctx, cancel := context.WithCancel(t.Context())
		var client sync.WaitGroup
		defer client.Wait()
		defer cancel()
		client.Go(func() { broken.Dial(ctx, "ws://"+listener.Addr().String()+"/", fault) })
		listener.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Second)) // a client whose dialing fails does not come
		conn, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(limit))
		n := connection{conn: conn, reader: bufferedReader(conn)}
		if n.head, err = readHead(n.reader); err != nil {
			conn.Close()
			return Result{ID: c.ID, Verdict: Fail, Problem: "the request: " + err.Error()}
		}
		return within(limit).runClient(limited(c, limit), n)
	}
}

func within(limit time.Duration) *Suite { return &Suite{Patience: limit / 3} }

// limited returns the case, to be over within the limit if it has none of its own.
func limited(c *Case, limit time.Duration) *Case {
	l := *c
	l.limit = cmp.Or(c.limit, limit)
	return &l
}
