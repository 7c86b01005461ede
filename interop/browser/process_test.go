package browser

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"
)

// A process ends by itself or is made to, and leaves nothing behind.
func TestProcess(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	must(t, err)
	for _, test := range []struct {
		name     string
		asked    bool // its input ends
		patience time.Duration
	}{
		{"ByItself", true, time.Minute},
		{"Made", false, 0},
		{"MadeInTheEnd", false, 100 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, err := newProcess(t.Context(), self, "TANDEM_TEST_PROCESS=1")
			must(t, err)
			stdin, err := p.cmd.StdinPipe()
			must(t, err)
			must(t, p.cmd.Start())
			must(t, os.WriteFile(p.dir+"/left", nil, 0o600))
			_, err = io.WriteString(stdin, "it reads this")
			must(t, err)
			if test.asked {
				must(t, stdin.Close())
			}
			begun := time.Now()
			p.end(test.patience)
			if took := time.Since(begun); took > patience || !test.asked && took < test.patience {
				t.Errorf("it took %v", took)
			}
			if success := p.cmd.ProcessState.Success(); success != test.asked {
				t.Errorf("it ended with %v", p.cmd.ProcessState)
			}
			if _, err := os.Stat(p.dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("its folder: %v", err)
			}
		})
	}
}
