// Command tally runs go test several times and tells at the end what became of all the tests:
//
//	tally go test ./... -- env GOARCH=386 go test ./shared -- skip the rest: no browser
//
// Of each command it prints go test's own line for each package and, of the tests, only what those that failed had to
// say. The last lines count the tests, and give the reasons of those that were skipped in every command that has them.
// Skip in place of a command is such a reason. All commands are run; the exit status is 1 if one of them failed.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

func main() {
	var t tally
	failed := false
	for _, command := range split(os.Args[1:]) {
		if command[0] == "skip" {
			t.omitted = append(t.omitted, strings.Join(command[1:], " "))
			continue
		}
		fmt.Println(">", strings.Join(command, " "))
		begun := time.Now()
		if err := run(command, &t); err != nil {
			failed = true
			fmt.Println("FAIL:", err)
		}
		fmt.Printf("  %.1fs\n\n", time.Since(begun).Seconds())
	}
	t.summary(os.Stdout)
	if failed || t.failed > 0 {
		os.Exit(1)
	}
}

// split parts the arguments at "--".
func split(args []string) (commands [][]string) {
	for len(args) > 0 {
		end := slices.Index(args, "--")
		if end < 0 {
			return append(commands, args)
		}
		if end > 0 {
			commands = append(commands, args[:end])
		}
		args = args[end+1:]
	}
	return commands
}

// run runs a go test command and adds its tests to the tally.
func run(command []string, t *tally) error {
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
	if err := t.read(events, os.Stdout); err != nil {
		io.Copy(io.Discard, events) // a full pipe would keep the command from ending
		c.Wait()
		return err
	}
	return c.Wait()
}
