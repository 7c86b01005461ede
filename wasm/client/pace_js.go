package client

// pace decides when Go looks for messages. Each entry into Go costs as much as
// a browser's whole work on a small message. So messages collect in JavaScript,
// and one entry serves all that have come: a message event leads to the first,
// and further ones are posted behind whatever events the browser has at hand,
// until one finds nothing. Messages that come one by one, each after the answer
// to the last, would only pay for such an entry in vain; after a few of these it
// is tried now and then.
type pace struct {
	posted  bool // entries are posted, and message events lead to none
	found   bool // a posted entry has found something
	vain    int  // how often in a row posting has found nothing
	skipped int  // message events since it was last tried
}

const (
	vainPosts  = 8
	retryPosts = 32 // message events
)

// A step is what has to be done for the next entry.
type step int

const (
	carryOn step = iota // nothing: it goes on as it is
	ignore              // let message events lead to no more, and post one
	again               // post one
	heed                // let message events lead to the next
)

// after gives the step after an entry, which has found messages or not.
func (p *pace) after(found bool) step {
	switch {
	case !p.posted:
		if p.vain >= vainPosts {
			if p.skipped++; p.skipped < retryPosts {
				return carryOn
			}
		}
		p.posted, p.found, p.skipped = true, false, 0
		return ignore
	case found:
		p.found = true
		return again
	case p.found:
		p.vain = 0
	default:
		p.vain++
	}
	p.posted = false
	return heed
}
