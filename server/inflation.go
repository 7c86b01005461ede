package server

import (
	"compress/flate"
	"errors"
	"io"
	"sync"

	"example.com/tandem/server/deflate"
)

// An inflation inflates one message. The decompressor asks for bytes and cannot be told to ask again later; a message
// comes in pieces, and whoever waits for the next one may have to give up in between. So the decompressor of a message
// that is not at hand as a whole gets a goroutine, which stands still between the pieces. The two never run at once.
//
// Inflations are pooled, as each holds some 40 KiB for the decompressor.
type inflation struct {
	flate interface {
		io.Reader
		flate.Resetter
	}
	bits int

	input  []byte // compressed, and not yet asked for
	last   bool   // the message ends behind it
	tail   bool   // it is the tail
	hungry bool   // the decompressor wants more input

	history *[]byte // the latest that was inflated, with the window of earlier messages in front; pooled
	size    int     // of it in use
	chunk   []byte  // what the last step added to it
	finals  int     // blocks with BFINAL set
	final   bool    // one has ended, and nothing was taken of what is behind it
	done    bool
	err     error

	resume chan struct{} // to the goroutine; nil if there is none
	yield  chan struct{} // from it: hungry, or a step is done
}

// deflateTail is what the sender has left out (RFC 7692 §7.2.1), and behind it an empty block with BFINAL set: where the
// decompressor ends with that, the message had its proper end.
var deflateTail = []byte(deflate.Tail + "\x01\x00\x00\xff\xff")

// maxFinalBlocks bounds the blocks with BFINAL set in a message: each costs a new beginning.
const maxFinalBlocks = 1024

var (
	errFinalBlocks = errors.New("it has too many final blocks")
	errStopped     = errors.New("stopped")
)

var inflations = sync.Pool{New: func() any {
	r := new(inflation)
	r.flate = flate.NewReader(r).(interface {
		io.Reader
		flate.Resetter
	})
	return r
}}

// newInflation begins a message that may refer back to window, by 1<<bits bytes at most. If whole is set, it will be fed
// once.
func newInflation(window []byte, bits int, whole bool) *inflation {
	r := inflations.Get().(*inflation)
	size := largeBuffer
	if 2<<bits > size {
		size = hugeBuffer
	}
	*r = inflation{flate: r.flate, bits: bits, hungry: true, history: getBuffer(size)}
	r.size = copy(*r.history, window)
	r.flate.Reset(r, window)
	if !whole {
		r.resume, r.yield = make(chan struct{}), make(chan struct{})
		go r.run()
	}
	return r
}

// feed gives the decompressor what it is hungry for. b has to stay as it is until it is hungry again.
func (r *inflation) feed(b []byte, last bool) {
	r.input, r.last, r.hungry = b, last, false
	if last && len(b) == 0 && r.final { // the message ended with the block, in an earlier fragment
		r.done = true
	}
}

// step inflates on, until there is output, which is valid until the next step, or the message is done, or the
// decompressor is hungry.
func (r *inflation) step() (chunk []byte, done bool, err error) {
	r.chunk = nil
	switch {
	case r.done || r.err != nil:
	case r.resume == nil:
		r.inflate()
	default:
		r.resume <- struct{}{}
		<-r.yield
	}
	if len(r.chunk) > 0 {
		return r.chunk, false, nil // its end or error comes with the next step
	}
	return nil, r.done, r.err
}

// run is the goroutine.
func (r *inflation) run() {
	defer close(r.yield)
	for range r.resume {
		r.inflate()
		r.yield <- struct{}{}
	}
}

// stop ends the goroutine and gives everything back.
func (r *inflation) stop() {
	if r.resume != nil {
		close(r.resume)
		for range r.yield { // until it has ended
		}
	}
	putBuffer(r.history)
	*r = inflation{flate: r.flate}
	inflations.Put(r)
}

// inflate reads once from the decompressor.
func (r *inflation) inflate() {
	if r.size == len(*r.history) {
		r.size = copy(*r.history, (*r.history)[r.size-1<<r.bits:])
	}
	free := (*r.history)[r.size:]
	n, err := r.flate.Read(free)
	r.chunk, r.size = free[:n], r.size+n
	if err == io.EOF {
		err = r.endBlocks()
	}
	r.err = err
}

// endBlocks follows a block with BFINAL set. The message may go on behind it, at the next byte (RFC 7692 §7.2.3.4).
func (r *inflation) endBlocks() error {
	r.finals++
	switch {
	case len(r.input) == 0 && r.last: // with the tail, or with the block itself
		r.done = true
		return nil
	case r.finals > maxFinalBlocks:
		return errFinalBlocks
	}
	r.final = true
	return r.flate.Reset(r, r.appendWindow(nil))
}

// appendWindow appends what the next message, or block, may refer back to.
func (r *inflation) appendWindow(b []byte) []byte {
	return append(b, (*r.history)[max(0, r.size-1<<r.bits):r.size]...)
}

// Read and ReadByte are what the decompressor reads from; with both it takes no byte more than it needs.
func (r *inflation) Read(p []byte) (int, error) {
	if err := r.fill(); err != nil {
		return 0, err
	}
	n := copy(p, r.input)
	r.input = r.input[n:]
	return n, nil
}

func (r *inflation) ReadByte() (byte, error) {
	if err := r.fill(); err != nil {
		return 0, err
	}
	b := r.input[0]
	r.input = r.input[1:]
	return b, nil
}

// fill sees to it that there is input.
func (r *inflation) fill() error {
	for len(r.input) == 0 {
		switch {
		case r.tail:
			return io.ErrUnexpectedEOF
		case r.last:
			r.input, r.tail = deflateTail, true
		default:
			r.hungry = true
			r.yield <- struct{}{}
			if _, ok := <-r.resume; !ok {
				return errStopped
			}
		}
	}
	r.final = false
	return nil
}
