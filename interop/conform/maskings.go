package conform

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// sameKey is for frames that should not be masked: a peer that does not see it echoes the same bytes each time.
var sameKey = &[4]byte{1, 2, 3, 4}

// maskings: who masks, and with which keys (RFC 6455 §5.1, §5.3).
func maskings(bool) (cases []Case) {
	for _, f := range []frame{text("data"), text(""), binaryFrame([]byte("data")), binaryFrame(sample(opBinary, 126)), binaryFrame(sample(opBinary, 65536)),
		ping("data"), ping(""), pong("data"), closeFrame(1000, "")} {
		wrong := []struct {
			role Role
			m    masking
			how  string
		}{{Server, maskNever, "unmasked"}, {Client, maskAlways, "masked"}}
		for _, w := range wrong {
			f.masking, f.key = w.m, sameKey
			for _, c := range violations(fmt.Sprintf("mask.%s.%s.%d", w.how, opName(f.op), len(f.payload)), fmt.Sprintf("a %s frame of %d bytes, %s", opName(f.op), len(f.payload), w.how), f) {
				c.only, c.Section = w.role, "RFC 6455 §5.1"
				cases = append(cases, c)
			}
		}
	}
	for _, w := range []struct {
		role Role
		m    masking
		how  string
	}{{Server, maskNever, "unmasked"}, {Client, maskAlways, "masked"}} {
		cases = append(cases, Case{
			ID: "mask." + w.how + ".continuation", only: w.role, Section: "RFC 6455 §5.1",
			Sends: "a fragment as it should be, and the last one " + w.how, Allows: "1002, and no echo",
			run: func(p *Peer) {
				last := continuation("last")
				last.masking, last.key = w.m, sameKey
				p.send(text("first, ").unfinished(), last)
				p.fails(1002)
			},
		})
	}
	for _, key := range [][4]byte{{}, {0, 0, 0, 1}, {0xFF, 0xFF, 0xFF, 0xFF}, {1, 2, 3, 4}, {'0', '1', ' ', 'k'}} {
		for _, n := range []int{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 127, 128, 1024, 65537} {
			cases = append(cases, Case{
				ID: fmt.Sprintf("mask.key.%x.%d", key, n), only: Server, Section: "RFC 6455 §5.3",
				Sends: fmt.Sprintf("a message of %d bytes with the masking key %x", n, key), Allows: "the echo",
				run: func(p *Peer) {
					m := frame{op: opBinary, payload: sample(opBinary, n), key: &key}
					p.echoes(m)
				},
			})
		}
	}
	for _, chop := range []int{1, 2, 3, 5} {
		cases = append(cases, Case{
			ID: fmt.Sprintf("mask.key.chops.%d", chop), only: Server, Section: "RFC 6455 §5.3",
			Sends: fmt.Sprintf("messages of 0 to 33 bytes, %d bytes at a time, so that the masking key goes on in the middle", chop), Allows: "the echoes",
			run: func(p *Peer) {
				p.chopped(chop)
				var all []frame
				for n := range 34 {
					all = append(all, binaryFrame(sample(opBinary, n)))
				}
				p.echoes(all...)
			},
		})
	}
	for _, n := range []int{0, 8, 1000} {
		cases = append(cases, Case{
			ID: fmt.Sprintf("mask.keys.%d", n), only: Client, Section: "RFC 6455 §5.3",
			Sends: fmt.Sprintf("512 equal messages of %d bytes", n), Allows: "echoes whose masking keys are all different and look random",
			run: func(p *Peer) {
				m := frame{op: opBinary, payload: sample(opBinary, n)}
				for range 512 {
					p.send(m)
					p.wants(m.op, m.payload)
				}
				p.mu.Lock()
				keys := p.keys
				p.mu.Unlock()
				if problem := randomness(keys); problem != "" {
					p.fatal("%s (RFC 6455 §5.3)", problem)
				}
				p.close()
			},
		})
	}
	return cases
}

// randomness says what keeps keys from looking random, or "". By chance it does so once in some thirty thousand calls of 512 keys.
func randomness(keys [][4]byte) string {
	seen := make(map[[4]byte]bool)
	steps := make(map[uint32]int)
	var ones [32]int
	flips := 0
	for i, key := range keys {
		if seen[key] {
			return fmt.Sprintf("uses the masking key %x twice in %d frames", key, len(keys))
		}
		seen[key] = true
		word := binary.BigEndian.Uint32(key[:])
		for bit := range ones {
			ones[bit] += int(word >> bit & 1)
		}
		if i == 0 {
			continue
		}
		before := binary.BigEndian.Uint32(keys[i-1][:])
		steps[word-before]++
		flips += bits.OnesCount32(word ^ before)
		if steps[word-before] > 2 {
			return "counts its masking keys up or down"
		}
	}
	n := len(keys)
	for bit, count := range ones { // six standard deviations, each of half the root of n
		if d := 2*count - n; d*d > 36*n {
			return fmt.Sprintf("sets bit %d in %d of %d masking keys", bit, count, n)
		}
	}
	if mean := float64(flips) / float64(max(1, n-1)); n > 100 && (mean < 14.5 || mean > 17.5) {
		return fmt.Sprintf("changes %.1f of 32 bits from one masking key to the next", mean)
	}
	return ""
}
