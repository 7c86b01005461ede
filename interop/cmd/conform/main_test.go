package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/tandem/interop/bench/echo/gorilla"
	"example.com/tandem/interop/conform"
	"example.com/tandem/server/endpoints"
)

// asCommand has the test's binary be the command.
const asCommand = "CONFORM_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// command runs the command, and returns what it prints, its exit status and the reports that it writes.
func command(t *testing.T, args ...string) (stdout string, status int, reports []*conform.Report) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "reports.json")
	c := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-json", file}, args...)...)
	c.Env = append(os.Environ(), asCommand+"=1")
	var out, stderr bytes.Buffer
	c.Stdout, c.Stderr = &out, &stderr
	if err := c.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			t.Fatal(err)
		}
		status = exit.ExitCode()
	}
	if status == 2 {
		return stderr.String(), status, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; %s", err, &stderr)
	}
	if err := json.Unmarshal(b, &reports); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return out.String(), status, reports
}

// TestServers tests several servers: each has a column, one of them over TLS, and the exit status tells of failures.
func TestServers(t *testing.T) {
	service := endpoints.New(nil)
	ours, secure := httptest.NewServer(service), httptest.NewTLSServer(service)
	theirs := httptest.NewServer(gorilla.Handlers().Echo)
	stranger := httptest.NewServer(http.NotFoundHandler())
	for _, s := range []*httptest.Server{ours, secure, theirs, stranger} {
		defer s.Close()
	}
	address := func(s *httptest.Server) string { return strings.Replace(s.URL, "http", "ws", 1) + "/echo" }
	const cases = `^(frame\.text\.(0|125)|close\.code\.1000|utf8\.invalid\.80\.whole)$`
	for _, test := range []struct {
		name    string
		servers []*httptest.Server
		status  int
		rows    []string // regular expressions
	}{
		{"ours, and over TLS", []*httptest.Server{ours, secure}, 0, []string{`frame +2 pass +2 pass\n`, `utf8 +1 pass +1 pass\n`, `all +4 pass +4 pass\n`}},
		{"ours and gorilla", []*httptest.Server{ours, theirs}, 1, []string{`frame +2 pass +2 pass\n`, `utf8 +1 pass +1 fail\n`, `all +4 pass +3 pass, 1 fail\n`}},
		{"no server for WebSocket", []*httptest.Server{stranger}, 1, []string{`all +4 fail\n`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := []string{"-run", cases}
			for _, s := range test.servers {
				args = append(args, address(s))
			}
			table, status, reports := command(t, args...)
			if status != test.status {
				t.Errorf("exit status %d, want %d", status, test.status)
			}
			for _, row := range test.rows {
				if !regexp.MustCompile(row).MatchString(table) {
					t.Errorf("no row %q in\n%s", row, table)
				}
			}
			if len(reports) != len(test.servers) {
				t.Fatalf("%d reports of %d servers", len(reports), len(test.servers))
			}
			for i, r := range reports {
				if r.Peer != address(test.servers[i]) || r.Role != conform.Server || len(r.Results) != 4 || !strings.Contains(table, r.Peer) {
					t.Errorf("report %d is of %q, with %d results", i, r.Peer, len(r.Results))
				}
				for _, result := range r.Results {
					if result.ID == "" || result.Duration <= 0 || (result.Verdict == conform.Fail) != (result.Problem != "" && len(result.Wire) > 0) {
						t.Errorf("%+v", result)
					}
				}
			}
		})
	}
}

// TestOurEnds: without addresses both ends of this project are tested, in both forms.
func TestOurEnds(t *testing.T) {
	table, status, reports := command(t, "-run", `^(frame\.text\.1|deflate\.badanswer\.beyond\.0\.0)$`)
	if status != 0 || len(reports) != 4 {
		t.Fatalf("exit status %d, %d reports\n%s", status, len(reports), table)
	}
	for i, want := range []struct {
		peer string
		role conform.Role
		pass int
	}{{"tandem", conform.Server, 1}, {"tandem", conform.Client, 2}, {"tandem-handed", conform.Server, 1}, {"tandem-handed", conform.Client, 2}} {
		if r := reports[i]; r.Peer != want.peer || r.Role != want.role || r.Count("", conform.Pass) != want.pass {
			t.Errorf("report %d is of %s, %v, want %+v\n%s", i, r.Peer, r.Role, want, table)
		}
	}
}

// TestBadArguments: nothing is run, and the exit status is another one than a failure's.
func TestBadArguments(t *testing.T) {
	for _, args := range [][]string{{"-run", "("}, {"-run", "^nothing$"}, {"http://127.0.0.1/"}, {"-listen", "nowhere:-1"}} {
		if says, status, _ := command(t, args...); status != 2 || !strings.HasPrefix(says, "conform: ") {
			t.Errorf("%q: exit status %d, %s", args, status, says)
		}
	}
}
