package conform_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"example.com/tandem/interop/conform"
	"example.com/tandem/interop/conform/ours"
	"example.com/tandem/server"
)

// patience is for a machine that has other things to do as well.
const patience = 2 * time.Second

// policies are those under which this project's own ends are tested. With the widest window nearly everything can be
// agreed on; with the default one, what is about its being narrower.
var policies = []struct {
	name        string
	compression *server.Compression
	suite       *conform.Suite
}{
	{"widest", &server.Compression{WindowBits: 15, Threshold: 1}, &conform.Suite{Parallel: 4, Patience: patience}},
	{"default", &server.Compression{}, &conform.Suite{Parallel: 4, Patience: patience, Match: regexp.MustCompile(`^deflate\.(offer|answer|badoffer|badanswer|distance|vector|params\.bits)`)}},
}

func TestOurServer(t *testing.T) {
	passed := make(map[string]bool)
	for _, policy := range policies {
		t.Run(policy.name, func(t *testing.T) {
			address, stop := ours.Server(policy.compression)
			defer stop()
			report, err := policy.suite.TestServer(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			noneFails(t, report, passed)
		})
	}
	allPass(t, conform.Server, passed)
}

func TestOurClient(t *testing.T) {
	passed := make(map[string]bool)
	for _, policy := range policies {
		t.Run(policy.name, func(t *testing.T) {
			report, err := policy.suite.TestClient(t.Context(), "tandem", ours.Client(policy.compression))
			if err != nil {
				t.Fatal(err)
			}
			noneFails(t, report, passed)
		})
	}
	allPass(t, conform.Client, passed)
}

// noneFails makes each result that is neither a pass nor about what was not agreed on a failure, with its bytes.
func noneFails(t *testing.T, report *conform.Report, passed map[string]bool) {
	for _, r := range report.Results {
		if r.Verdict == conform.Pass {
			passed[r.ID] = true
			continue
		}
		if r.Verdict == conform.Unimplemented {
			continue
		}
		text := r.String()
		for _, line := range r.Wire {
			text += fmt.Sprint("\n\t", line)
		}
		t.Error(text)
	}
	t.Logf("%d of %d pass", report.Count("", conform.Pass), len(report.Results))
}

// allPass makes each case that did not pass under any policy a failure.
func allPass(t *testing.T, role conform.Role, passed map[string]bool) {
	for _, c := range conform.Cases(role, false) {
		if !passed[c.ID] {
			t.Errorf("%s did not pass under any policy", c.ID)
		}
	}
}
