package conform

import (
	"bytes"
	"encoding/json"
	"testing"
)

func TestWriteJSON(t *testing.T) {
	wire := []Line{{Sent: true, What: "text", Hex: "8100", Len: 2}}
	report := &Report{Peer: "p", Role: Server, Results: []Result{
		{ID: "ping.size.0", Verdict: Pass, Wire: wire, CloseCode: 1000, End: EndFIN},
		{ID: "ping.size.1", Verdict: Tolerated, Wire: wire, Problem: "late"},
		{ID: "pingpong.1", Verdict: Unimplemented, Wire: wire},
		{ID: "mask.1", Verdict: Fail, Wire: wire},
	}}
	var b bytes.Buffer
	if err := WriteJSON(&b, []*Report{report}); err != nil {
		t.Fatal(err)
	}
	var back []Report
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || len(back) != 1 {
		t.Fatalf("%v: %s", err, &b)
	}
	for i, r := range back[0].Results {
		want := report.Results[i]
		if r.ID != want.ID || r.Verdict != want.Verdict || r.Problem != want.Problem || r.CloseCode != want.CloseCode || r.End != want.End {
			t.Errorf("%+v, want %+v", r, want)
		}
		if (len(r.Wire) > 0) == (r.Verdict == Pass) {
			t.Errorf("%s has %d lines", r.ID, len(r.Wire))
		}
	}
	if len(report.Results[0].Wire) == 0 {
		t.Error("the report itself was changed")
	}
	if got := report.counts("ping"); got != "1 pass, 1 tolerated" {
		t.Errorf("counts of ping: %q", got)
	}
	if got := report.counts(""); got != "1 pass, 1 tolerated, 1 unimplemented, 1 fail" {
		t.Errorf("counts of all: %q", got)
	}
}
