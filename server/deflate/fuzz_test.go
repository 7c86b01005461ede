package deflate

import "testing"

// FuzzEncoder cuts any bytes into messages, undoes some and resets in between: what is left inflates to the same.
func FuzzEncoder(f *testing.F) {
	f.Add(uint8(4), []byte("\x05HelloHello\x85HelloHello\x45"), uint8(1))
	f.Add(uint8(0), many(400), uint8(3))
	f.Add(uint8(7), dense(300), uint8(40))
	f.Add(uint8(4), append([]byte{0xff}, many(500)...), uint8(130)) // a long message
	f.Add(uint8(2), many(200), uint8(130))
	f.Fuzz(func(t *testing.T, bits uint8, data []byte, times uint8) {
		windowBits := MinWindowBits + int(bits%8)
		e, p := NewEncoder(windowBits), newPeer(t, windowBits)
		for range 50 { // messages at most
			if len(data) == 0 {
				break
			}
			what := data[0]
			data = data[1:]
			m := data[:min(len(data), int(what&0x3f)*int(what&0x3f))]
			data = data[len(m):]
			if what&0xc0 == 0xc0 {
				for range times { // a long message
					m = append(m[:len(m):len(m)], m[:min(len(m), 500)]...)
				}
			}
			compressed := e.Append(nil, m)
			switch what & 0xc0 {
			case 0x40:
				e.Undo()
				continue
			case 0x80:
				p.wants(compressed, m)
				e.Reset()
				p.reset()
			default:
				p.wants(compressed, m)
			}
		}
	})
}
