package serve

import "sync"

// An Outbox is how a hub bears with slow receivers where the library leaves that to the application: a queue for each
// connection, and a goroutine that writes from it. It is the way of the chat examples of gorilla/websocket and
// nhooyr.io/websocket. Any goroutine may call its methods.
type Outbox[M any] struct {
	queue chan M
	done  chan struct{}
	once  sync.Once
}

// outboxLength is that of gorilla's example.
const outboxLength = 256

// NewOutbox starts the goroutine, which calls write for each message until write fails or Close is called.
func NewOutbox[M any](write func(M) error) *Outbox[M] {
	o := &Outbox[M]{queue: make(chan M, outboxLength), done: make(chan struct{})}
	go func() {
		for {
			select {
			case m := <-o.queue:
				if write(m) != nil {
					return
				}
			case <-o.done:
				return
			}
		}
	}()
	return o
}

// Offer puts a message into the queue. It reports false when that is full: the receiver is to be dropped then.
func (o *Outbox[M]) Offer(m M) bool {
	select {
	case o.queue <- m:
		return true
	default:
		return false
	}
}

// Close ends the goroutine.
func (o *Outbox[M]) Close() { o.once.Do(func() { close(o.done) }) }
