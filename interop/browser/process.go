package browser

import (
	"context"
	"io"
	"os"
	"os/exec"
	"time"
)

// A process is a program of a browser, with a folder of its own that is removed when it ends.
type process struct {
	dir    string
	cmd    *exec.Cmd
	cancel context.CancelFunc
}

// newProcess prepares a program. It finds its home in the folder, and no other settings of whoever runs the tests.
func newProcess(ctx context.Context, path string, env ...string) (*process, error) {
	dir, err := os.MkdirTemp("", "tandem-browser-")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &process{dir: dir, cmd: exec.CommandContext(ctx, path), cancel: cancel}
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_RUNTIME_DIR="+dir)
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.WaitDelay = time.Second // for those that it started and that hold its output
	endWithParent(p.cmd)
	return p, nil
}

// end waits for the process to end by itself for some time, then makes it.
func (p *process) end(patience time.Duration) {
	if p.cmd.Process != nil {
		killer := time.AfterFunc(patience, p.cancel)
		p.cmd.Wait()
		killer.Stop()
	}
	p.cancel()
	os.RemoveAll(p.dir)
}

// drain reads on, so that the process never waits for a reader.
func drain(r io.Reader) {
	io.Copy(io.Discard, r)
}
