package endpoints

import (
	"context"
	"net/http"
	"strconv"
	"sync"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// What one member may cost: at most backlog messages of about maxSaid bytes wait for it, shared with the others that
// they wait for.
const (
	backlog = 64
	maxSaid = 256 << 10
)

// tooSlow is what a member is closed with when its backlog is full. It may come back.
var tooSlow = &shared.CloseError{
	Code:   shared.StatusTryAgainLater,
	Reason: "too slow: " + strconv.Itoa(backlog) + " messages are waiting",
}

// newChat returns a chat room. Text is passed on with the speaker's name before it, binary as it is, both to the
// speaker too. Everyone sees the same order.
//
// Nobody waits for a slow member: one that is a whole backlog behind is closed with 1013. Nor can a member talk faster
// than it listens: the next message is read from it when its last one is on its way back to it.
func newChat(opts server.Options) http.Handler {
	if opts.Limits.Message == 0 || opts.Limits.Message > maxSaid {
		opts.Limits.Message = maxSaid
	}
	// A message that fits among the outgoing bytes as a whole is never cut when a member is put out.
	opts.Limits.Outgoing = max(opts.Limits.Outgoing, 2*maxSaid)
	return server.Handler(new(room).visit, &opts)
}

// A room knows who is in it.
type room struct {
	mu      sync.Mutex
	members map[*member]struct{}
	named   int // members ever, which gives each its name
}

type member struct {
	name    string
	backlog chan said
	heard   chan struct{}           // has an element when the member's own message was sent to it
	leave   context.CancelCauseFunc // ends the visit
}

// said is a message, made ready once for all members, and the member that said it, nil for the room itself.
type said struct {
	message *server.Prepared
	by      *member
}

// visit is one member's time in the room.
func (r *room) visit(ctx context.Context, c *server.Conn) error {
	ctx, leave := context.WithCancelCause(ctx)
	m := r.enter(leave)
	defer r.exit(m)
	var listening sync.WaitGroup
	listening.Go(func() { leave(m.listen(ctx, c)) })
	err := m.talk(ctx, c, r)
	leave(err)
	listening.Wait()
	return err
}

func (r *room) enter(leave context.CancelCauseFunc) *member {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.named++
	m := &member{
		name:    "guest " + strconv.Itoa(r.named),
		backlog: make(chan said, backlog),
		heard:   make(chan struct{}, 1),
		leave:   leave,
	}
	if r.members == nil {
		r.members = make(map[*member]struct{})
	}
	r.members[m] = struct{}{}
	r.announce(m.name + " joined")
	return m
}

func (r *room) exit(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, in := r.members[m]; in {
		delete(r.members, m)
		r.announce(m.name + " left")
	}
}

// announce tells everyone who came or went, and how many there are now. r.mu is held.
func (r *room) announce(what string) {
	message, err := server.Prepare(shared.Text(what + ", " + strconv.Itoa(len(r.members)) + " here"))
	if err == nil { // as it always is: names are ASCII
		r.pass(said{message: message})
	}
}

// pass puts a message into every backlog, and those whose backlog is full out of the room. It never waits. r.mu is held.
func (r *room) pass(s said) {
	var slow []*member
	for m := range r.members {
		select {
		case m.backlog <- s:
		default:
			slow = append(slow, m)
		}
	}
	for _, m := range slow {
		delete(r.members, m)
		m.leave(tooSlow)
	}
	for _, m := range slow {
		r.announce(m.name + " was too slow and left")
	}
}

// talk passes on what the member sends.
func (m *member) talk(ctx context.Context, c *server.Conn, r *room) error {
	for {
		message, err := c.Receive(ctx)
		if err != nil {
			return err
		}
		if message.Opcode == shared.OpcodeText {
			message = shared.Text(m.name + ": " + message.String())
		}
		ready, err := server.Prepare(message)
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.pass(said{ready, m})
		r.mu.Unlock()
		select {
		case <-m.heard:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// listen sends the member what is in its backlog.
func (m *member) listen(ctx context.Context, c *server.Conn) error {
	for {
		select {
		case s := <-m.backlog:
			if err := c.SendPrepared(ctx, s.message); err != nil {
				return err
			}
			if s.by == m {
				m.heard <- struct{}{}
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
