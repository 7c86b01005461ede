package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestTheCommandOnThePageCanBePasted(t *testing.T) {
	echo := filepath.Join(t.TempDir(), "echo-server")
	if err := os.WriteFile(echo, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		arguments []string
		want      string
	}{
		{nil, "go run ./bench"},
		{[]string{"-o", "bench/RESULTS.md", "-short"}, "go run ./bench -o bench/RESULTS.md -short"},
		{[]string{"-o=" + echo, "--time=60ms", "-rounds", "2"}, "go run ./bench -o echo-server -rounds 2 -time 60ms"},
		{[]string{"-run", "^64 connections × 16 B, (1|16)$", "-servers", "tandem,gws"},
			"go run ./bench -run '^64 connections × 16 B, (1|16)$' -servers tandem,gws"},
		{[]string{"-run", "'"}, `go run ./bench -run ''\'''`},
		{[]string{"-with", "uWebSockets v20.79.0=" + echo, "-with=nbio=" + echo + " blocking -config=/etc/a/b.json,c/d"},
			"go run ./bench -with 'uWebSockets v20.79.0=echo-server' -with 'nbio=echo-server blocking -config=b.json,d'"},
	} {
		var c choice
		f := c.flags()
		if err := f.Parse(test.arguments); err != nil {
			t.Fatal(err)
		}
		if got := commandLine(f, c.with); got != test.want {
			t.Errorf("%q:\n%s, want\n%s", test.arguments, got, test.want)
		}
	}
}
