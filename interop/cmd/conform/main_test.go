package main

import (
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/tandem/interop/conform"
)

// TestConformance runs two cases with our own ends, and against a server that has nothing to do with WebSocket.
func TestConformance(t *testing.T) {
	stranger := httptest.NewServer(http.NotFoundHandler())
	defer stranger.Close()
	file := filepath.Join(t.TempDir(), "reports.json")
	stdout := os.Stdout
	defer func() { os.Stdout = stdout }()
	var err error
	if os.Stdout, err = os.Create(filepath.Join(t.TempDir(), "table")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args    []string
		reports int
		failed  int
	}{
		{nil, 2, 0},
		{[]string{strings.Replace(stranger.URL, "http", "ws", 1)}, 1, 2},
	} {
		if err := flag.CommandLine.Parse(append([]string{"-run", `^frame\.text\.(1|125)$`, "-json", file}, test.args...)); err != nil {
			t.Fatal(err)
		}
		failed, err := conformance(t.Context())
		if err != nil || failed != test.failed {
			t.Errorf("%q: %d failed, %v; want %d", test.args, failed, err, test.failed)
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var reports []*conform.Report
		if err := json.Unmarshal(b, &reports); err != nil || len(reports) != test.reports || len(reports[0].Results) != 2 {
			t.Errorf("%q: %s, %v", test.args, b, err)
		}
	}
}
