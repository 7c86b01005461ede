package endpoints

import (
	"net/http"
	"strings"
	"testing"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

func TestClose(t *testing.T) {
	url := start(t, server.Options{}) + "/close"
	longest := strings.Repeat("r", shared.MaxCloseReason)
	for query, want := range map[string]shared.CloseError{
		"":                             {Code: 1000},
		"?reason=bye":                  {Code: 1000, Reason: "bye"},
		"?code=1005":                   {Code: 1005},
		"?code=1011&reason=%C3%A4":     {Code: 1011, Reason: "ä"},
		"?code=4999&reason=a+b":        {Code: 4999, Reason: "a b"},
		"?code=1001&reason=" + longest: {Code: 1001, Reason: longest},
	} {
		t.Run(query, func(t *testing.T) {
			expectClose(t, dial(t, url+query, nil), want.Code, want.Reason)
		})
	}
}

func TestSection7_4_CloseRefusesWhatMustNotBeSent(t *testing.T) {
	url := start(t, server.Options{}) + "/close"
	for query, problem := range map[string]string{
		"?code=999":              "999",
		"?code=1004":             "1004",
		"?code=1006":             "1006",
		"?code=1015":             "1015",
		"?code=2999":             "2999",
		"?code=5000":             "5000",
		"?code=65536":            "65536",
		"?code=-1":               "-1",
		"?code=normal":           "normal",
		"?code=1005&reason=some": "reason",
		"?reason=%FF":            "UTF-8",
		"?reason=" + strings.Repeat("r", shared.MaxCloseReason+1): "124 bytes",
	} {
		status, body := refused(t, url+query, nil)
		if status != http.StatusBadRequest || !strings.Contains(body, problem) || strings.Count(body, "\n") != 1 {
			t.Errorf("%s: %d %q, want 400 and a line with %s", query, status, body, problem)
		}
	}
}
