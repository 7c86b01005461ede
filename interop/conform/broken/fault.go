package broken

// A Role is which end of the connection a peer plays. A Fault may be one of both.
type Role int

const (
	Server Role = 1 << iota
	Client
	Both = Server | Client
)

// A Fault is one rule that a peer breaks, while it keeps all others. Faults are compared by their pointers.
type Fault struct {
	Name     string // unique
	Cases    string // the first words, joined by dots, of the IDs of the cases that have to find it
	Role     Role   // the peers that can have it
	Sentence string // what the peer does, as in "the peer ..."

	// Tolerated is set when no rule is broken, only done late or without what the RFC recommends: the suite has to
	// notice, and must not call it a failure.
	Tolerated bool

	// Racing is set when time decides whether the suite sees a rule broken or what it tolerates: a reset may overtake
	// what was sent before it.
	Racing bool
}

var faults []*Fault

// Faults lists every fault, in the order of the groups.
func Faults() []*Fault { return append([]*Fault(nil), faults...) }

func fault(cases string, role Role, name, sentence string) *Fault {
	f := &Fault{Name: name, Cases: cases, Role: role, Sentence: sentence}
	faults = append(faults, f)
	return f
}

func racing(cases string, role Role, name, sentence string) *Fault {
	f := fault(cases, role, name, sentence)
	f.Racing = true
	return f
}

func tolerated(cases string, role Role, name, sentence string) *Fault {
	f := fault(cases, role, name, sentence)
	f.Tolerated = true
	return f
}
