package conform

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// A Verdict is what became of a case.
type Verdict string

// The verdicts, the best first.
const (
	Pass          Verdict = "pass"
	Unimplemented Verdict = "unimplemented" // the peer does not have what the case is about, and need not
	Tolerated     Verdict = "tolerated"     // the RFC allows it, but a strict peer does better
	Fail          Verdict = "fail"
)

// Verdicts are all of them, in the order of reports.
var Verdicts = []Verdict{Pass, Tolerated, Unimplemented, Fail}

// A Result is what came of one case.
type Result struct {
	ID        string        `json:"id"`
	Verdict   Verdict       `json:"verdict"`
	Problem   string        `json:"problem,omitempty"`   // what was wrong, tolerated or missing
	CloseCode int           `json:"closeCode,omitempty"` // of the peer's Close frame: 1005 if it had none, 0 if no frame came
	End       End           `json:"end,omitempty"`       // how TCP ended; "": the suite did not wait for it
	Duration  time.Duration `json:"duration"`            // in nanoseconds
	Wire      []Line        `json:"wire,omitempty"`      // what went over the wire, within bounds
}

// A Report is what came of all cases with one peer.
type Report struct {
	Peer    string   `json:"peer"`
	Role    Role     `json:"role"`
	Results []Result `json:"results"`
}

// Count returns how many cases have that verdict; group "" stands for all groups.
func (r *Report) Count(group string, v Verdict) (n int) {
	for _, result := range r.Results {
		c := Case{ID: result.ID}
		if result.Verdict == v && (group == "" || c.Group() == group) {
			n++
		}
	}
	return n
}

// WriteJSON writes reports as one JSON array. What went over the wire is kept only of cases that did not pass.
func WriteJSON(w io.Writer, reports []*Report) error {
	var brief []*Report
	for _, r := range reports {
		b := &Report{Peer: r.Peer, Role: r.Role}
		for _, result := range r.Results {
			if result.Verdict == Pass {
				result.Wire = nil
			}
			b.Results = append(b.Results, result)
		}
		brief = append(brief, b)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	return e.Encode(brief)
}

func (r Result) String() string {
	if r.Problem == "" {
		return fmt.Sprintf("%s: %s", r.ID, r.Verdict)
	}
	return fmt.Sprintf("%s: %s: %s", r.ID, r.Verdict, r.Problem)
}
