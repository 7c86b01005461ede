package server

import (
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// A poller watches descriptors with epoll, and runs the attendances of those that are ready.
//
// Its goroutines are alike, and there are as many as are needed: each takes ready descriptors from the queue; one that
// finds the queue empty waits for events, unless another does already. Before a handler is called, which may block, it is
// seen to that somebody else will look at what is left and at what comes, if need be a new goroutine. While no handler blocks
// two of them take turns: the one that is of no more use waits to be called, since its stack has the size that handlers
// take, and any other ends.
//
// The epoll descriptor is itself waited for by the runtime: a goroutine blocked in a system call would cost a thread,
// and the scheduler much.
type poller struct {
	file *os.File
	raw  syscall.RawConn
	fd   int
	come chan struct{}         // calls the spare one
	body func()                // p.work, made once, as look is: a message allocates nothing
	look func(fd uintptr) bool // takes the events that there are

	mu         sync.Mutex
	watched    []*descriptor // by number
	count      int
	generation int32
	first      *descriptor // the queue
	last       *descriptor
	standby    int  // goroutines that are about to look at the queue
	spare      bool // one may be called, to be that
	waiting    bool // one waits for events
	closed     bool
	events     [256]syscall.EpollEvent
	taken      int // of them, by the one that waits
	vigil      vigil
}

// pollers has the one poller there is while anything is watched.
var pollers struct {
	mu     sync.Mutex
	poller *poller
}

const epollet = 1 << 31 // syscall.EPOLLET is negative

// watch has d watched by the poller.
func watch(d *descriptor) error {
	pollers.mu.Lock()
	defer pollers.mu.Unlock()
	p := pollers.poller
	if p == nil {
		var err error
		if p, err = newPoller(); err != nil {
			return err
		}
	}
	p.mu.Lock()
	p.generation++
	d.poller, d.generation = p, p.generation
	for len(p.watched) <= int(d.fd) {
		p.watched = append(p.watched, nil)
	}
	p.watched[d.fd] = d
	p.mu.Unlock()
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLPRI | syscall.EPOLLOUT | syscall.EPOLLRDHUP | epollet, Fd: d.fd, Pad: d.generation}
	if err := syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, int(d.fd), &event); err != nil {
		p.mu.Lock()
		p.watched[d.fd], d.poller = nil, nil
		p.mu.Unlock()
		if p.count == 0 {
			p.file.Close()
		}
		return os.NewSyscallError("epoll_ctl", err)
	}
	p.count++
	pollers.poller = p
	if p.count == 1 {
		p.start()
	}
	return nil
}

func newPoller() (*poller, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // or os.NewFile would not have the runtime wait for it
		syscall.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	p := &poller{fd: fd, file: os.NewFile(uintptr(fd), "epoll"), come: make(chan struct{}, 1)}
	p.body = p.work
	p.look = func(fd uintptr) bool {
		poll := pollTold
		if p.vigil.kept.Load() {
			poll = pollNow
		}
		p.taken = poll(int(fd), p.events[:])
		return p.taken > 0
	}
	if err := p.file.SetDeadline(time.Time{}); err != nil { // the runtime cannot wait for it: no more watches, say
		p.file.Close()
		return nil, err
	}
	if p.raw, err = p.file.SyscallConn(); err != nil {
		p.file.Close()
		return nil, err
	}
	return p, nil
}

// pollTold is pollNow that the scheduler is told of.
func pollTold(epoll int, events []syscall.EpollEvent) int {
	n, _ := syscall.EpollWait(epoll, events, 0) // which cannot be interrupted: it does not wait
	return n
}

// forget ends what watch began, before d's descriptor is closed: that takes it from epoll, unless somebody has a duplicate,
// and then its events are nobody's. With the last descriptor the poller goes.
func (p *poller) forget(d *descriptor) {
	pollers.mu.Lock()
	defer pollers.mu.Unlock()
	p.mu.Lock()
	p.watched[d.fd] = nil
	p.mu.Unlock()
	if p.count--; p.count == 0 {
		pollers.poller = nil
		p.file.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		p.closed = true
		p.callSpare()
	}
}

// start sees to it that somebody looks at the queue.
func (p *poller) start() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.standBy()
}

func (p *poller) standBy() {
	if p.standby == 0 && !p.callSpare() {
		p.standby++
		go p.body()
	}
}

// callSpare calls the spare goroutine, if there is one.
func (p *poller) callSpare() bool {
	if !p.spare {
		return false
	}
	p.spare = false
	p.standby++
	p.come <- struct{}{}
	return true
}

// work is each of the goroutines.
func (p *poller) work() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		p.standby--
		p.serveAll()
		if p.closed || p.spare {
			return
		}
		p.spare = true
		p.mu.Unlock()
		<-p.come
		p.mu.Lock()
	}
}

// serveAll serves what is ready, and waits for more, until another does or is about to.
func (p *poller) serveAll() {
	for done := 0; ; {
		d := p.pop()
		switch {
		case d != nil:
			if p.first != nil || !p.waiting {
				p.standBy()
			}
			done += p.serve(d)
		case done >= fair: // there may be more at once, and the runtime lets others wait for 10 ms
			done = 0
			p.standby++
			p.mu.Unlock()
			runtime.Gosched()
			p.mu.Lock()
			p.standby--
		case p.waiting || p.standby > 0 || !p.wait():
			return
		}
		if done > shift && p.standby > 0 { // others want the processor too, and the queue is looked after
			return
		}
	}
}

// serve runs the attendance of d, without the lock. A handler that ends the goroutine does not end the poller.
func (p *poller) serve(d *descriptor) (done int) {
	p.mu.Unlock()
	again, returned := true, false
	defer func() {
		p.mu.Lock()
		if again {
			p.push(d)
		}
		if !returned {
			p.standBy()
		}
	}()
	done, again = d.supervision.conn.attendance.run()
	returned = true
	return done
}

// wait waits for events, and puts what is ready into the queue. It reports false when the poller is no more.
func (p *poller) wait() bool {
	p.waiting, p.taken = true, 0
	p.mu.Unlock()
	err := p.raw.Read(p.look)
	p.mu.Lock()
	p.waiting = false
	if p.taken > 0 {
		p.vigil.keep(&p.mu)
	}
	for _, e := range p.events[:max(p.taken, 0)] {
		if d := p.watched[e.Fd]; d != nil && d.generation == e.Pad {
			d.ready(e.Events)
		}
	}
	return err == nil
}

// ready takes note of an event. p.mu is held.
func (d *descriptor) ready(events uint32) {
	if events&(syscall.EPOLLPRI|syscall.EPOLLRDHUP|syscall.EPOLLERR|syscall.EPOLLHUP) != 0 {
		d.mark.Store(true) // before it is counted: whoever has seen the count must not trust a short read
	}
	if events&(syscall.EPOLLOUT|syscall.EPOLLERR|syscall.EPOLLHUP) != 0 && d.writable.waited.Load() {
		d.writable.event()
	}
	if events&^syscall.EPOLLOUT == 0 {
		return
	}
	d.readable.event()
	if d.attended.Load() && d.queued.CompareAndSwap(false, true) {
		d.poller.push(d)
	}
}

// call has the attendance look at the connection, if it is watched.
func (d *descriptor) call() {
	d.readable.event()
	if d.queued.CompareAndSwap(false, true) {
		p := d.poller
		p.mu.Lock()
		defer p.mu.Unlock()
		p.push(d)
		p.standBy()
	}
}

// shift is how much a goroutine does before another goes on; some 2 ms.
const shift = 4 * fair

// run deals with what has arrived. It reports how much was done, and whether there is more.
func (a *attendance) run() (done int, again bool) {
	d := a.c.t.descriptor
	a.budget = fair
	for {
		seen := d.readable.events.Load()
		for a.turn(true) {
		}
		if done = fair - int(a.budget); done >= fair {
			return fair, !a.over
		}
		d.queued.Store(false) // from here on another may run it
		if d.readable.events.Load() == seen || !d.queued.CompareAndSwap(false, true) {
			return done, false
		}
	}
}

func (p *poller) push(d *descriptor) {
	d.next = nil
	if p.first == nil {
		p.first = d
	} else {
		p.last.next = d
	}
	p.last = d
}

func (p *poller) pop() *descriptor {
	d := p.first
	if d != nil {
		p.first, d.next = d.next, nil
	}
	return d
}
