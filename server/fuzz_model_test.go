package server

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"example.com/tandem/shared"
)

// A hearing is what a stream of frames says to a plain reader of RFC 6455: one that has all the bytes before it, looks
// at one frame after the other, and shares nothing with the code it is compared with. It stops at the end that the
// stream makes.
type hearing struct {
	messages     []shared.Message
	begun        *shared.Message // behind them: cut by the end, with the bytes that are good
	pings, pongs [][]byte
	fragments    int // data frames that do not end their message

	how    string // "EOF", "Close", "violation"
	code   shared.StatusCode
	reason string
	behind int // bytes behind the end

	early []shared.StatusCode // what a reader may end with as well, for it may have looked into begun
}

// hear reads a stream. masked says that it is a client's; limit is the longest message in bytes.
func hear(b []byte, masked bool, limit uint64) hearing {
	return hearDeflated(b, masked, limit, plainInflater{})
}

// hearDeflated reads a stream in which messages may be compressed, if the inflater is on.
func hearDeflated(b []byte, masked bool, limit uint64, inflater plainInflater) (h hearing) {
	empty := 0
	var compressed []byte // of the message begun; nil: it is not
	stop := func(how string, code shared.StatusCode) hearing {
		h.how, h.code, h.behind = how, code, len(b)
		return h
	}
	for {
		length, size := hearLength(b)
		if size < 0 {
			return stop("violation", 1002) // §5.2: not the shortest form, or the top bit
		}
		isMasked := size > 0 && b[1]&0x80 != 0
		if isMasked {
			size += 4
		}
		if size == 0 || len(b) < size { // nothing else is judged before the header is whole
			return stop("EOF", 1006)
		}
		fin, rsv, opcode := b[0]&0x80 != 0, b[0]&0x70, b[0]&0x0f
		switch {
		case rsv&0x30 != 0, opcode > 2 && opcode < 8, opcode > 10: // §5.2
			return stop("violation", 1002)
		case rsv != 0 && (!inflater.on || opcode != 1 && opcode != 2): // RFC 7692 §6
			return stop("violation", 1002)
		case isMasked != masked: // §5.1
			return stop("violation", 1002)
		case opcode >= 8 && (!fin || length > 125): // §5.5
			return stop("violation", 1002)
		case opcode == 0 && h.begun == nil, opcode > 0 && opcode < 3 && h.begun != nil: // §5.4
			return stop("violation", 1002)
		}
		var key [4]byte
		if masked {
			key = [4]byte(b[size-4:])
		}
		b = b[size:]
		payload := make([]byte, min(length, uint64(len(b))))
		for i := range payload {
			payload[i] = b[i] ^ key[i%4] // §5.3
		}
		cut := uint64(len(payload)) < length

		if opcode >= 8 {
			if cut {
				return stop("EOF", 1006)
			}
			b = b[length:]
			switch opcode {
			case 9:
				h.pings = append(h.pings, payload)
			case 10:
				h.pongs = append(h.pongs, payload)
			case 8:
				how, code, reason := hearClose(payload)
				h.reason = reason
				return stop(how, code)
			}
			continue
		}

		if opcode != 0 {
			h.begun, empty, compressed = &shared.Message{Opcode: shared.Opcode(opcode), Payload: []byte{}}, 0, nil
			if rsv != 0 {
				compressed = []byte{}
			}
		}
		if compressed == nil && uint64(len(h.begun.Payload))+length > limit ||
			compressed != nil && uint64(len(compressed))+length > limit+limit/64+4096 {
			return stop("violation", 1009) // §10.4, as soon as a header claims it
		}
		if !fin {
			h.fragments++
			if length == 0 {
				empty++
			}
		}
		if empty > 1024 {
			return stop("violation", 1008)
		}
		b = b[len(payload):]
		ended := fin && !cut
		var all []byte
		var faults []shared.StatusCode // of the content; what a reader meets first depends on how far it looks at once
		if compressed == nil {
			all = append(h.begun.Payload, payload...)
		} else {
			compressed = append(compressed, payload...)
			var ok bool
			if all, ok = inflater.inflate(compressed, ended, limit); !ok {
				faults = append(faults, 1007)
			}
			if uint64(len(all)) > limit {
				faults = append(faults, 1009)
			}
		}
		good, open := hearText(all)
		if h.begun.Opcode == shared.OpcodeText && (good+open < len(all) || ended && open > 0) { // §8.1
			all = all[:good+open]
			faults = append(faults, 1007)
		}
		h.begun.Payload = all[:min(uint64(len(all)), limit)]
		switch {
		case len(faults) > 0 && (ended || compressed == nil): // as soon as a byte shows it
			h.early = faults
			return stop("violation", faults[0])
		case len(faults) > 0:
			h.early = faults
		}
		switch {
		case cut:
			return stop("EOF", 1006)
		case fin:
			inflater.keep(compressed, all)
			h.messages, h.begun, h.early = append(h.messages, *h.begun), nil, nil
		}
	}
}

// A plainInflater inflates messages whole (RFC 7692 §7.2.2).
type plainInflater struct {
	on, takeover bool
	bits         int
	window       []byte
}

// inflate gives what there is of a message up to the limit and a little more, and whether nothing is wrong with it so far.
func (p *plainInflater) inflate(b []byte, ended bool, limit uint64) (out []byte, ok bool) {
	const tail = "\x00\x00\xff\xff\x01\x00\x00\xff\xff" // what was left out, and a last block
	if ended {
		b = append(slices.Clip(b), tail...)
	}
	src := bytes.NewReader(b)
	buf := make([]byte, 1000)
	r := flate.NewReaderDict(src, p.window)
	for blocks := 0; ; {
		n, err := r.Read(buf)
		if out = append(out, buf[:n]...); uint64(len(out)) > limit {
			return out, true
		}
		switch {
		case err == io.EOF && src.Len() == 0, err == io.EOF && ended && src.Len() == len(tail):
			return out, true
		case err == io.EOF: // more blocks behind one with BFINAL set
			if blocks++; blocks > 1024 {
				return out, false
			}
			all := append(slices.Clip(p.window), out...)
			r = flate.NewReaderDict(src, all[max(0, len(all)-1<<p.bits):])
		case err == io.ErrUnexpectedEOF:
			return out, !ended
		case err != nil:
			return out, false
		}
	}
}

// keep remembers what later messages may refer to.
func (p *plainInflater) keep(compressed, out []byte) {
	if compressed != nil && p.takeover {
		all := append(slices.Clip(p.window), out...)
		p.window = all[max(0, len(all)-1<<p.bits):]
	}
}

// hearLength reads a header's length (§5.2) and tells how long the header is without its masking key: 0 for one that is
// cut, -1 for a form that is illegal whatever follows.
func hearLength(b []byte) (length uint64, size int) {
	if len(b) < 2 {
		return 0, 0
	}
	switch short := b[1] & 0x7f; short {
	case 127:
		if len(b) >= 3 && b[2] >= 0x80 || len(b) >= 8 && string(b[2:8]) == "\x00\x00\x00\x00\x00\x00" {
			return 0, -1
		}
		if len(b) < 10 {
			return 0, 0
		}
		return binary.BigEndian.Uint64(b[2:]), 10
	case 126:
		if len(b) < 4 {
			return 0, 0
		}
		length = uint64(b[2])<<8 | uint64(b[3])
		if length < 126 {
			return 0, -1
		}
		return length, 4
	default:
		return uint64(short), 2
	}
}

// hearClose reads the payload of a Close frame (§5.5.1, §7.4).
func hearClose(p []byte) (how string, code shared.StatusCode, reason string) {
	if len(p) == 0 {
		return "Close", 1005, ""
	}
	if len(p) == 1 {
		return "violation", 1002, ""
	}
	n := int(p[0])<<8 | int(p[1])
	switch {
	case n < 1000, n == 1004, n == 1005, n == 1006, n == 1015, n > 1015 && n < 3000, n > 4999:
		return "violation", 1002, ""
	case !utf8.Valid(p[2:]):
		return "violation", 1007, ""
	}
	return "Close", shared.StatusCode(n), string(p[2:])
}

// hearText tells how many bytes at the beginning of a text are whole code points, and how many behind those can begin
// one.
func hearText(p []byte) (good, open int) {
	for {
		c, size := utf8.DecodeRune(p[good:])
		if c == utf8.RuneError && size <= 1 {
			break
		}
		good += size
	}
	for good+open < len(p) && !utf8.FullRune(p[good:good+open+1]) {
		open++
	}
	return good, open
}

func (h hearing) String() string {
	s := fmt.Sprintf("%s %d %v %q, %d behind;", h.how, h.code, h.early, h.reason, h.behind)
	for _, m := range h.messages {
		s += fmt.Sprintf(" %s %.40q (%d)", m.Opcode, m.Payload, len(m.Payload))
	}
	if h.begun != nil {
		s += fmt.Sprintf(" begun: %s %.40q (%d)", h.begun.Opcode, h.begun.Payload, len(h.begun.Payload))
	}
	return s + fmt.Sprintf("; pings %.80q, pongs %.80q", h.pings, h.pongs)
}
