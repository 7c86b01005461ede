package conform

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Listener is the suite as a server for clients that come to be tested. They find it at the addresses that Autobahn
// made customary, each a WebSocket connection, with cases counted from 1:
//
//	/getCaseCount                     sends the number of cases as a text message
//	/getCaseInfo?case=N               sends {"id", "description"} of a case
//	/runCase?case=N&agent=A           runs a case: the client has to echo
//	/getCaseStatus?case=N&agent=A     sends {"behavior"} of a case that was run: OK, NON-STRICT, UNIMPLEMENTED, FAILED
//	/updateReports?agent=A            hands over the agent's report
//
// Its methods may be called by several goroutines.
type Listener struct {
	// Done, when it is set, gets a copy of the agent's report at each /updateReports. Set it before Serve.
	Done func(*Report)

	suite *Suite
	cases []*Case

	mu      sync.Mutex
	over    *sync.Cond // signals that a case is over
	running map[string]int
	agent   map[string]*Report
}

// NewListener returns a listener that runs the suite's cases for clients.
func (s *Suite) NewListener() *Listener {
	l := &Listener{suite: s, cases: s.Cases(Client), running: make(map[string]int), agent: make(map[string]*Report)}
	l.over = sync.NewCond(&l.mu)
	return l
}

// Serve accepts clients from l until ctx ends, closes l, and returns when the last case is over.
func (l *Listener) Serve(ctx context.Context, listener net.Listener) error {
	defer context.AfterFunc(ctx, func() { listener.Close() })()
	var open sync.WaitGroup
	defer open.Wait()
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		open.Go(func() { l.serve(conn) })
	}
}

// serve reads one client's request and does what its address asks for.
func (l *Listener) serve(conn net.Conn) {
	conn.SetDeadline(time.Now().Add(caseLimit))
	n := connection{conn: conn, reader: bufferedReader(conn)}
	var err error
	if n.head, err = readHead(n.reader); err != nil {
		conn.Close()
		return
	}
	path, query, err := requestTarget(n.head.line)
	if err == nil {
		err = l.route(n, path, query)
	}
	if err != nil {
		fmt.Fprintf(conn, "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n%v\n", err)
		conn.Close()
	}
}

// requestTarget returns the path and the query of a request line.
func requestTarget(line string) (path string, query url.Values, err error) {
	words := strings.Split(line, " ")
	if len(words) != 3 {
		return "", nil, errors.New("no request line")
	}
	u, err := url.ParseRequestURI(words[1])
	if err != nil {
		return "", nil, err
	}
	return u.Path, u.Query(), nil
}

func (l *Listener) route(n connection, path string, query url.Values) error {
	agent := query.Get("agent")
	if path == "/getCaseCount" {
		l.tell(n, strconv.Itoa(len(l.cases)))
		return nil
	}
	if path == "/updateReports" {
		l.settle(agent)
		if l.Done != nil {
			l.Done(l.Report(agent))
		}
		l.tell(n, "")
		return nil
	}
	i, err := strconv.Atoi(query.Get("case"))
	if err != nil || i < 1 || i > len(l.cases) {
		return fmt.Errorf("no case %q: there are 1 to %d", query.Get("case"), len(l.cases))
	}
	c := l.cases[i-1]
	switch path {
	case "/runCase":
		l.begin(agent)
		l.record(agent, l.suite.runClient(c, n))
	case "/getCaseInfo":
		l.tell(n, jsonText(map[string]string{"id": c.ID, "description": c.Sends + ": " + c.Allows}))
	case "/getCaseStatus":
		l.settle(agent)
		l.tell(n, jsonText(map[string]string{"behavior": l.behavior(agent, c.ID)}))
	default:
		return errors.New("nothing at " + path)
	}
	return nil
}

func jsonText(v any) string {
	b, _ := json.Marshal(v) // of strings
	return string(b)
}

// tell sends one text message, if there is any, and performs the closing handshake.
func (l *Listener) tell(n connection, message string) {
	l.suite.runClient(&Case{ID: "tell", run: func(p *Peer) {
		if message != "" {
			p.send(text(message))
		}
		p.close()
	}}, n)
}

// settle waits until no case of the agent runs: a client sees the end of a connection before the suite has judged it.
func (l *Listener) settle(agent string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.running[agent] > 0 {
		l.over.Wait()
	}
}

func (l *Listener) begin(agent string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running[agent]++
}

// record keeps a result; a case that is run again has only its last one.
func (l *Listener) record(agent string, r Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running[agent]--
	l.over.Broadcast()
	report := l.agent[agent]
	if report == nil {
		report = &Report{Peer: agent, Role: Client}
		l.agent[agent] = report
	}
	if i := slices.IndexFunc(report.Results, func(old Result) bool { return old.ID == r.ID }); i >= 0 {
		report.Results[i] = r
	} else {
		report.Results = append(report.Results, r)
	}
}

// Report returns a copy of what is known of a client that names itself so. Cases that it did not run are failures.
func (l *Listener) Report(agent string) *Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := make(map[string]Result)
	if report := l.agent[agent]; report != nil {
		for _, r := range report.Results {
			known[r.ID] = r
		}
	}
	report := &Report{Peer: agent, Role: Client}
	for _, c := range l.cases {
		r, ok := known[c.ID]
		if !ok {
			r = Result{ID: c.ID, Verdict: Fail, Problem: "was not run"}
		}
		report.Results = append(report.Results, r)
	}
	return report
}

func (l *Listener) behavior(agent, id string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if report := l.agent[agent]; report != nil {
		for _, r := range report.Results {
			if r.ID == id {
				return map[Verdict]string{Pass: "OK", Tolerated: "NON-STRICT", Unimplemented: "UNIMPLEMENTED", Fail: "FAILED"}[r.Verdict]
			}
		}
	}
	return "MISSING"
}

// TestClient runs the cases against a client. For each of them echo is called, by several goroutines if the suite is
// parallel: it has to open a connection to the address, send back every message, and return when the connection has
// ended. What it returns is not asked, but a panic is a failure, and so is not to return soon after the case's limit.
// name is that of the client in the report.
func (s *Suite) TestClient(ctx context.Context, name string, echo func(ctx context.Context, address string) error) (*Report, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := s.NewListener()
	serving, stop := context.WithCancel(ctx)
	served := make(chan error, 1)
	go func() { served <- l.Serve(serving, listener) }()
	numbers := make(map[*Case]int, len(l.cases))
	for i, c := range l.cases {
		numbers[c] = i + 1
	}
	misbehaved := s.each(l.cases, func(c *Case) Result {
		query := url.Values{"case": {strconv.Itoa(numbers[c])}, "agent": {name}}
		problem := bounded(cmp.Or(c.limit, caseLimit)+caseLimit, func() {
			echo(ctx, "ws://"+listener.Addr().String()+"/runCase?"+query.Encode())
		})
		return Result{ID: c.ID, Verdict: Fail, Problem: problem}
	})
	stop()
	if err := <-served; err != nil {
		return nil, err
	}
	report := l.Report(name)
	for i, r := range misbehaved {
		if r.Problem != "" {
			report.Results[i].Verdict, report.Results[i].Problem = r.Verdict, r.Problem
		}
	}
	return report, nil
}
