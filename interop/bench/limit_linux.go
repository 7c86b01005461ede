package main

import "golang.org/x/sys/unix"

// descriptors is how many files a process may have open.
func descriptors() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 1000
	}
	return int(min(limit.Max, 1<<30)) // Go programs raise theirs to the most that is allowed
}
