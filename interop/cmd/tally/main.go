// Command tally runs go test several times and tells at the end what became of all the tests:
//
//	tally go test ./... + env GOARCH=386 go test ./shared -- go test ./browser -- skip the rest: no browser
//
// What stands between two "+" runs beside each other, and one behind "--" after all before it has ended. Of each command it prints
// go test's own line for each package and, of the tests, only what those that failed had to say. The last lines count the
// tests, and give the reasons of those that were skipped in every command that has them. Skip in place of a command is
// such a reason. All commands are run; the exit status is 1 if one of them failed.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	var t tally
	failed := false
	for _, group := range split(os.Args[1:], "--") {
		commands := split(group, "+")
		if t.runAll(commands, os.Stdout) != nil {
			failed = true
		}
	}
	t.summary(os.Stdout)
	if failed || t.failed > 0 {
		os.Exit(1)
	}
}

// split parts the arguments at a separator.
func split(args []string, at string) (parts [][]string) {
	for len(args) > 0 {
		end := slices.Index(args, at)
		if end < 0 {
			return append(parts, args)
		}
		if end > 0 {
			parts = append(parts, args[:end])
		}
		args = args[end+1:]
	}
	return parts
}

// runAll runs commands beside each other. What they print comes in one piece for each, or at once if there is but one.
func (t *tally) runAll(commands [][]string, w io.Writer) error {
	if len(commands) == 1 {
		return t.runOne(commands[0], w)
	}
	var all sync.WaitGroup
	printed, errs := make([]strings.Builder, len(commands)), make([]error, len(commands))
	for i, command := range commands {
		all.Go(func() { errs[i] = t.runOne(command, &printed[i]) })
	}
	all.Wait()
	for i := range printed {
		io.WriteString(w, printed[i].String())
	}
	return errors.Join(errs...)
}

// runOne runs one command, or notes why it is left out.
func (t *tally) runOne(command []string, w io.Writer) error {
	if command[0] == "skip" {
		t.omit(strings.Join(command[1:], " "))
		return nil
	}
	fmt.Fprintln(w, ">", strings.Join(command, " "))
	begun := time.Now()
	err := t.run(command, w)
	if err != nil {
		fmt.Fprintln(w, "FAIL:", err)
	}
	fmt.Fprintf(w, "  %.1fs\n\n", time.Since(begun).Seconds())
	return err
}

// run runs a go test command and adds its tests to the tally.
func (t *tally) run(command []string, w io.Writer) error {
	verb := slices.Index(command, "test")
	if verb < 0 {
		return fmt.Errorf("%q is not a go test command", command)
	}
	command = slices.Insert(slices.Clone(command), verb+1, "-json")
	c := exec.Command(command[0], command[1:]...)
	c.Stderr = os.Stderr
	events, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	if err := t.read(events, w); err != nil {
		io.Copy(io.Discard, events) // a full pipe would keep the command from ending
		c.Wait()
		return err
	}
	return c.Wait()
}
