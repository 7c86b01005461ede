package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// withHelp is what a command given with -with has to do. Three slips would be measured as if they were figures: a script
// that leaves the work to another process, a program that is not there, and two servers of one name. They are refused.
const withHelp = "one more server, as `name=command`; may be given several times.\n" +
	"The command is split at spaces, by no shell; a relative path is taken from the directory in which bench\n" +
	"runs, which is interop with make bench. It must be the server itself: a script has to exec it. It listens\n" +
	"on the address in the environment variable ADDR, host:port, without TLS, and echoes at every path; at\n" +
	"GET /free it may give memory that is not in use back to the system, before that is read. The name may hold\n" +
	"the version, as in 'uWebSockets v20.79.0=/opt/echo/uwebsockets'; one that begins with uWebSockets is set beside\n" +
	"the aim for it"

// parseWith reads name=command of one more server, whose program has to be there.
func parseWith(s string) (server, error) {
	name, command, ok := strings.Cut(s, "=")
	words := strings.Fields(command)
	if !ok || strings.TrimSpace(name) == "" || len(words) == 0 {
		return server{}, fmt.Errorf("want name=command")
	}
	program, err := exec.LookPath(words[0])
	if err != nil {
		if dir, e := os.Getwd(); e == nil && filepath.Base(words[0]) != words[0] && !filepath.IsAbs(words[0]) {
			err = fmt.Errorf("%w, taken from %s", err, dir)
		}
		return server{}, err
	}
	return server{name: strings.TrimSpace(name), command: append([]string{program}, words[1:]...), role: outside}, nil
}

// distinct refuses servers from outside whose figures would be taken for another's.
func distinct(with []server) error {
	for i, s := range with {
		if slices.ContainsFunc(slices.Concat(known, with[:i]), func(other server) bool { return other.name == s.name }) {
			return fmt.Errorf("-with: another server is called %q", s.name)
		}
	}
	return nil
}

// isUWebSockets reports whether there is an aim for the server.
func (s server) isUWebSockets() bool {
	return s.role == outside && strings.HasPrefix(strings.ToLower(s.name), "uwebsockets")
}
