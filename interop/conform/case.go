package conform

import (
	"strings"
	"time"
)

// A Role is which end of a connection the tested peer is. The suite is the other one.
type Role string

// The two roles.
const (
	Server Role = "server"
	Client Role = "client"
)

// A Case is one thing that is tried with a peer, on a connection of its own. Cases are made by the suite and only read
// afterwards.
type Case struct {
	ID      string // stable and unique: words joined by dots, the first is the group
	Section string // of the RFC that it is about
	Sends   string // what the suite does, in plain words
	Allows  string // what the peer has to do, and what is tolerated

	only    Role          // the one role that the case is for; "": both
	own     bool          // the opening handshake is the case's own affair: run begins before it
	deflate *negotiation  // permessage-deflate, where the case is about it
	limit   time.Duration // for the whole; 0: caseLimit
	run     func(*Peer)
}

// caseLimit is how long a case may take that does not say otherwise.
const caseLimit = 5 * time.Second

// Group is the first word of the ID.
func (c *Case) Group() string {
	group, _, _ := strings.Cut(c.ID, ".")
	return group
}

// For reports whether the case is for peers in that role.
func (c *Case) For(r Role) bool { return c.only == "" || c.only == r }

// groups make the cases, each in its file, in the order of reports. full asks for as many repetitions as patience has.
var groups = []func(full bool) []Case{
	handshakeServer,
	handshakeClient,
	framing,
	pings,
	reserved,
	fragmentation,
	utf8s,
	closings,
	limits,
	maskings,
	hostiles,
	deflateParams,
	deflateData,
	deflateWire,
}

// Cases returns all cases for peers in that role, in the order of reports. full restores the field's customary numbers
// of repetitions, which take minutes; the IDs are the same.
func Cases(r Role, full bool) []*Case {
	var all []*Case
	for _, make := range groups {
		cases := make(full)
		for i := range cases {
			if c := &cases[i]; c.For(r) {
				all = append(all, c)
			}
		}
	}
	return all
}
