package conform

import (
	"errors"
	"fmt"
)

// An inflater decompresses the messages of the tested peer (RFC 7692 §7.2.2). It is made to see more than a
// decompressor usually shows: how far back references reach, and whether they reach into earlier messages.
type inflater struct {
	window   int  // bytes that references may reach back
	takeover bool // into earlier messages too

	history []byte // the last of what came out
	begun   int    // where in history the message begins
	in      []byte
	bits    uint64
	nbits   uint
	reach   int  // the longest distance seen
	behind  bool // a reference reached into an earlier message
}

const maxWindow = 32 << 10

var errDeflate = errors.New("not DEFLATE")

// message decompresses a whole message.
func (d *inflater) message(b []byte) ([]byte, error) {
	if !d.takeover {
		d.history = d.history[:0]
	}
	if len(d.history) > maxWindow {
		d.history = append(d.history[:0], d.history[len(d.history)-maxWindow:]...)
	}
	d.begun = len(d.history)
	d.in = append(b[:len(b):len(b)], 0x00, 0x00, 0xFF, 0xFF)
	d.bits, d.nbits = 0, 0
	for len(d.in) > 0 || d.nbits > 0 {
		if err := d.block(); err != nil {
			if errors.Is(err, errDeflate) {
				return nil, &breach{"sends a compressed message that is " + err.Error(), "RFC 7692 §7.2.1"}
			}
			return nil, err
		}
	}
	return append([]byte(nil), d.history[d.begun:]...), nil
}

// block decompresses one block. After a final one the rest of its last byte is padding (RFC 7692 §7.2.3.4).
func (d *inflater) block() error {
	final, err := d.take(1)
	if err != nil {
		return err
	}
	kind, err := d.take(2)
	if err != nil {
		return err
	}
	switch kind {
	case 0:
		err = d.stored()
	case 1:
		err = d.compressed(&fixedLiterals, &fixedDistances)
	case 2:
		var literals, distances huffman
		if literals, distances, err = d.tables(); err == nil {
			err = d.compressed(&literals, &distances)
		}
	default:
		err = fmt.Errorf("%w: a block of type 3", errDeflate)
	}
	if final == 1 {
		d.align()
	}
	return err
}

func (d *inflater) align() {
	d.bits >>= d.nbits & 7
	d.nbits -= d.nbits & 7
}

// fill sees to it that n bits are there, if there are as many.
func (d *inflater) fill(n uint) bool {
	for d.nbits < n && len(d.in) > 0 {
		d.bits |= uint64(d.in[0]) << d.nbits
		d.in = d.in[1:]
		d.nbits += 8
	}
	return d.nbits >= n
}

func (d *inflater) take(n uint) (uint, error) {
	if !d.fill(n) {
		return 0, fmt.Errorf("%w: it ends inside a block", errDeflate)
	}
	v := uint(d.bits & (1<<n - 1))
	d.bits >>= n
	d.nbits -= n
	return v, nil
}

func (d *inflater) stored() error {
	d.align()
	n, err := d.take(16)
	if err != nil {
		return err
	}
	complement, err := d.take(16)
	if err != nil {
		return err
	}
	if n != ^complement&0xFFFF {
		return fmt.Errorf("%w: the two lengths of a stored block do not match", errDeflate)
	}
	for ; n > 0; n-- {
		b, err := d.take(8)
		if err != nil {
			return err
		}
		d.history = append(d.history, byte(b))
	}
	return d.bounded()
}

func (d *inflater) bounded() error {
	if len(d.history) > maxReceived {
		return fmt.Errorf("sends a message that inflates to more than %d bytes", maxReceived)
	}
	return nil
}

// compressed decompresses the symbols of a block (RFC 1951 §3.2.3).
func (d *inflater) compressed(literals, distances *huffman) error {
	for {
		symbol, err := d.symbol(literals)
		if err != nil {
			return err
		}
		if symbol < 256 {
			d.history = append(d.history, byte(symbol))
			continue
		}
		if symbol == 256 {
			return nil
		}
		if symbol > 285 {
			return fmt.Errorf("%w: length symbol %d", errDeflate, symbol)
		}
		l := lengthCodes[symbol-257]
		extra, err := d.take(l.extra)
		if err != nil {
			return err
		}
		length := l.base + int(extra)
		if symbol, err = d.symbol(distances); err != nil {
			return err
		}
		if symbol > 29 {
			return fmt.Errorf("%w: distance symbol %d", errDeflate, symbol)
		}
		c := distanceCodes[symbol]
		if extra, err = d.take(c.extra); err != nil {
			return err
		}
		if err := d.copy(length, c.base+int(extra)); err != nil {
			return err
		}
	}
}

// copy repeats what came out before.
func (d *inflater) copy(length, distance int) error {
	if distance > len(d.history) {
		if !d.takeover {
			return &breach{"refers to an earlier message, though it agreed to keep no context", "RFC 7692 §7.1.1"}
		}
		return fmt.Errorf("%w: a reference reaches behind the beginning", errDeflate)
	}
	if distance > d.window {
		return &breach{fmt.Sprintf("refers %d bytes back, though it agreed to a window of %d", distance, d.window), "RFC 7692 §7.1.2"}
	}
	d.reach = max(d.reach, distance)
	from := len(d.history) - distance
	d.behind = d.behind || from < d.begun
	for range length {
		d.history = append(d.history, d.history[from])
		from++
	}
	return d.bounded()
}

// tables reads the two codes of a block with codes of its own (RFC 1951 §3.2.7).
func (d *inflater) tables() (literals, distances huffman, err error) {
	var sizes [3]uint
	for i, n := range [3]uint{5, 5, 4} {
		if sizes[i], err = d.take(n); err != nil {
			return
		}
	}
	nl, nd, nc := int(sizes[0])+257, int(sizes[1])+1, int(sizes[2])+4
	if nl > 286 || nd > 30 {
		return literals, distances, fmt.Errorf("%w: too many codes", errDeflate)
	}
	var lengths [19]byte
	for i := range nc {
		n, err := d.take(3)
		if err != nil {
			return literals, distances, err
		}
		lengths[[19]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[i]] = byte(n)
	}
	code, err := newHuffman(lengths[:])
	if err != nil {
		return
	}
	all, err := d.codeLengths(&code, nl+nd)
	if err != nil {
		return
	}
	if literals, err = newHuffman(all[:nl]); err != nil {
		return
	}
	distances, err = newHuffman(all[nl:])
	return
}

// codeLengths reads n code lengths, which are compressed too.
func (d *inflater) codeLengths(code *huffman, n int) (lengths []byte, err error) {
	for len(lengths) < n {
		symbol, err := d.symbol(code)
		if err != nil {
			return nil, err
		}
		if symbol < 16 {
			lengths = append(lengths, byte(symbol))
			continue
		}
		r := [3]struct {
			extra, base uint
		}{{2, 3}, {3, 3}, {7, 11}}[symbol-16]
		extra, err := d.take(r.extra)
		if err != nil {
			return nil, err
		}
		var value byte
		if symbol == 16 {
			if len(lengths) == 0 {
				return nil, fmt.Errorf("%w: nothing to repeat", errDeflate)
			}
			value = lengths[len(lengths)-1]
		}
		for range r.base + extra {
			lengths = append(lengths, value)
		}
	}
	if len(lengths) > n {
		return nil, fmt.Errorf("%w: more code lengths than were announced", errDeflate)
	}
	return lengths, nil
}
