package gojs

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Build builds the main package in dir for GOOS=js GOARCH=wasm; flags go to go build.
func Build(ctx context.Context, dir string, flags ...string) ([]byte, error) {
	return goTool(ctx, dir, append([]string{"build"}, flags...))
}

// BuildTest builds the test binary of the package in dir for GOOS=js GOARCH=wasm; flags go to go test -c.
func BuildTest(ctx context.Context, dir string, flags ...string) ([]byte, error) {
	return goTool(ctx, dir, append([]string{"test", "-c"}, flags...))
}

func goTool(ctx context.Context, dir string, args []string) ([]byte, error) {
	temp, err := os.MkdirTemp("", "gojs")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	out := filepath.Join(temp, "program.wasm")
	cmd := exec.CommandContext(ctx, "go", append(args, "-o", out, ".")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=js", "GOARCH=wasm")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go %v in %s: %w\n%s", args, dir, err, output.Bytes())
	}
	return os.ReadFile(out)
}
