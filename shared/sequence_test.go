package shared

import "testing"

// A run of frames, each two bytes as on the wire; the mask bit is left out and
// set by the test as the direction asks. All but the last frame are legal;
// broken is part of the error that the last one gives, "" if it is legal too.
var runs = []struct {
	name      string
	rsv1      bool
	frames    string
	broken    string
	section   string
	inMessage bool // behind the last legal frame
}{
	{name: "one text", frames: "8105"},
	{name: "one binary", frames: "8205"},
	{name: "empty messages", frames: "8100 8200 8100"},
	{name: "fragments", frames: "0103 0000 0002 8000"},
	{name: "unfinished", frames: "0103 0003", inMessage: true},
	{name: "control between fragments", frames: "0103 8900 8a7d 8003"},
	{name: "control only", frames: "8905 8a00 8802"},
	{name: "control inside leaves the message open", frames: "0203 897d", inMessage: true},
	{name: "two fragmented messages", frames: "0103 8000 0203 8000"},

	{name: "continuation first", frames: "8003", broken: "a continuation frame with no message to continue", section: "RFC 6455 §5.4"},
	{name: "open continuation first", frames: "0003", broken: "a continuation frame with no message", section: "RFC 6455 §5.4"},
	{name: "continuation behind a message", frames: "8105 8003", broken: "no message to continue", section: "RFC 6455 §5.4"},
	{name: "continuation behind the last fragment", frames: "0105 8003 0003", broken: "no message to continue", section: "RFC 6455 §5.4"},
	{name: "continuation behind control", frames: "8905 8003", broken: "no message to continue", section: "RFC 6455 §5.4"},
	{name: "text in a message", frames: "0103 8103", broken: "a text frame inside an unfinished message", section: "RFC 6455 §5.4", inMessage: true},
	{name: "open text in a message", frames: "0103 0003 0103", broken: "a text frame inside an unfinished message", section: "RFC 6455 §5.4", inMessage: true},
	{name: "binary in a message", frames: "0203 8900 8203", broken: "a binary frame inside an unfinished message", section: "RFC 6455 §5.4", inMessage: true},

	{name: "opcode 3", frames: "8300", broken: "opcode 0x3 is reserved", section: "RFC 6455 §5.2"},
	{name: "opcode 4", frames: "8400", broken: "opcode 0x4 is reserved", section: "RFC 6455 §5.2"},
	{name: "opcode 5", frames: "8500", broken: "opcode 0x5 is reserved", section: "RFC 6455 §5.2"},
	{name: "opcode 6", frames: "8600", broken: "opcode 0x6 is reserved", section: "RFC 6455 §5.2"},
	{name: "opcode 7", frames: "8700", broken: "opcode 0x7 is reserved", section: "RFC 6455 §5.2"},
	{name: "opcode b", frames: "8b00", broken: "opcode 0xb is reserved", section: "RFC 6455 §5.2"},
	{name: "opcode c", frames: "8c00", broken: "opcode 0xc is reserved", section: "RFC 6455 §5.2"},
	{name: "opcode d", frames: "8d00", broken: "opcode 0xd is reserved", section: "RFC 6455 §5.2"},
	{name: "opcode e", frames: "8e00", broken: "opcode 0xe is reserved", section: "RFC 6455 §5.2"},
	{name: "opcode f in a message", frames: "0103 8f00", broken: "opcode 0xf is reserved", section: "RFC 6455 §5.2", inMessage: true},

	{name: "fragmented ping", frames: "0905", broken: "a ping frame is fragmented", section: "RFC 6455 §5.5"},
	{name: "fragmented pong", frames: "0a05", broken: "a pong frame is fragmented", section: "RFC 6455 §5.5"},
	{name: "fragmented close", frames: "0802", broken: "a close frame is fragmented", section: "RFC 6455 §5.5"},
	{name: "long ping", frames: "897e007e", broken: "a ping frame of 126 bytes is over the limit of 125", section: "RFC 6455 §5.5"},
	{name: "long pong", frames: "8a7f0000000000010000", broken: "a pong frame of 65536 bytes", section: "RFC 6455 §5.5"},
	{name: "long close", frames: "0103 887e007e", broken: "a close frame of 126 bytes", section: "RFC 6455 §5.5", inMessage: true},

	{name: "RSV1", frames: "c105", broken: "RSV1 is set, and no extension uses it", section: "RFC 6455 §5.2"},
	{name: "RSV2", frames: "a105", broken: "RSV2 is set, and no extension uses it", section: "RFC 6455 §5.2"},
	{name: "RSV3", frames: "9105", broken: "RSV3 is set, and no extension uses it", section: "RFC 6455 §5.2"},
	{name: "RSV1 on a ping", frames: "c900", broken: "RSV1 is set, and no extension uses it", section: "RFC 6455 §5.2"},
	{name: "RSV2 on a close", frames: "a802", broken: "RSV2 is set", section: "RFC 6455 §5.2"},
	{name: "RSV3 on a continuation", frames: "0103 9003", broken: "RSV3 is set", section: "RFC 6455 §5.2", inMessage: true},

	{name: "compressed text", rsv1: true, frames: "c105"},
	{name: "compressed binary", rsv1: true, frames: "c205"},
	{name: "compressed fragments", rsv1: true, frames: "4105 0003 8900 8001"},
	{name: "uncompressed beside compressed", rsv1: true, frames: "8105 c105 0203 8003"},
	{name: "compressed continuation", rsv1: true, frames: "4105 c003", broken: "RSV1 is set on a continuation frame", section: "RFC 7692 §6", inMessage: true},
	{name: "compressed continuation of uncompressed", rsv1: true, frames: "0105 4003", broken: "RSV1 is set on a continuation frame", section: "RFC 7692 §6", inMessage: true},
	{name: "compressed ping", rsv1: true, frames: "c900", broken: "RSV1 is set on a ping frame", section: "RFC 7692 §6"},
	{name: "compressed pong", rsv1: true, frames: "ca00", broken: "RSV1 is set on a pong frame", section: "RFC 7692 §6"},
	{name: "compressed close", rsv1: true, frames: "c802", broken: "RSV1 is set on a close frame", section: "RFC 7692 §6"},
	{name: "compressed text in a message", rsv1: true, frames: "4105 c105", broken: "a text frame inside", section: "RFC 6455 §5.4", inMessage: true},
	{name: "RSV2 with compression", rsv1: true, frames: "e105", broken: "RSV2 is set", section: "RFC 6455 §5.2"},
	{name: "RSV3 with compression", rsv1: true, frames: "d105", broken: "RSV3 is set", section: "RFC 6455 §5.2"},
}

func TestSections5_1to5_5_Sequence(t *testing.T) {
	for _, masked := range []bool{true, false} {
		direction := "from server/"
		if masked {
			direction = "from client/"
		}
		for _, run := range runs {
			t.Run(direction+run.name, func(t *testing.T) {
				s := Sequence{Masked: masked, RSV1: run.rsv1}
				frames := parseRun(t, run.frames, masked)
				for i, h := range frames {
					err := s.Step(&h)
					if run.broken != "" && i == len(frames)-1 {
						wantViolation(t, err, StatusProtocolError, run.broken)
						wantViolation(t, err, StatusProtocolError, "("+run.section+")")
					} else if err != nil {
						t.Errorf("frame %d: %v", i, err)
					}
				}
				if s.InMessage() != run.inMessage {
					t.Errorf("InMessage = %v", s.InMessage())
				}
			})
		}
	}
}

func TestSection5_1_MaskingDirection(t *testing.T) {
	for _, frame := range []string{"8105", "8900", "8802", "0103"} {
		masked, unmasked := parseRun(t, frame, true)[0], parseRun(t, frame, false)[0]
		atServer, atClient := Sequence{Masked: true}, Sequence{Masked: false}
		err := atServer.Step(&unmasked)
		wantViolation(t, err, StatusProtocolError, "a frame from a client is not masked (RFC 6455 §5.1)")
		err = atClient.Step(&masked)
		wantViolation(t, err, StatusProtocolError, "a frame from a server is masked (RFC 6455 §5.1)")
	}
	// It holds for later frames as well.
	s := Sequence{Masked: true}
	if err := s.Step(&parseRun(t, "0103", true)[0]); err != nil {
		t.Error(err)
	}
	wantViolation(t, s.Step(&parseRun(t, "8003", false)[0]), StatusProtocolError, "not masked")
}

// parseRun parses headers that stand one behind the other, separated by spaces.
func parseRun(t testing.TB, frames string, masked bool) []Header {
	t.Helper()
	var run []Header
	for b := wire(t, frames); len(b) > 0; {
		h, n, err := ParseHeader(b)
		if n == 0 {
			t.Fatalf("%s: %v", frames, err)
		}
		h.Masked = masked
		run = append(run, h)
		b = b[n:]
	}
	return run
}

// A model that says the same in another way: the legal frames at each state,
// listed by their first byte.
func FuzzSequence(f *testing.F) {
	for _, run := range runs {
		var first []byte
		for _, h := range parseRun(f, run.frames, false) {
			first = append(first, AppendHeader(nil, h)[0])
		}
		f.Add(run.rsv1, first)
	}
	f.Fuzz(func(t *testing.T, rsv1 bool, frames []byte) {
		s, open := Sequence{RSV1: rsv1}, false
		for i, first := range frames {
			h, _, err := ParseHeader([]byte{first, 0})
			if err != nil {
				t.Fatal(err)
			}
			legal, next := false, open
			switch first {
			case 0x88, 0x89, 0x8A:
				legal = true
			case 0x80, 0x00:
				legal, next = open, first == 0x00
			case 0x81, 0x82, 0x01, 0x02:
				legal, next = !open, first < 0x80
			case 0xC1, 0xC2, 0x41, 0x42:
				legal, next = rsv1 && !open, first < 0x80
			}
			if err := s.Step(&h); (err == nil) != legal {
				t.Fatalf("%x, frame %d, legal %v: %v", frames, i, legal, err)
			}
			if !legal {
				return
			}
			if open = next; s.InMessage() != open {
				t.Fatalf("%x, frame %d: InMessage = %v", frames, i, s.InMessage())
			}
		}
	})
}

func TestSequenceDoesNotAllocate(t *testing.T) {
	s := Sequence{Masked: true, RSV1: true}
	run := parseRun(t, "4105 0003 897d 8003 8105", true)
	allocations := testing.AllocsPerRun(100, func() {
		for _, h := range run {
			if err := s.Step(&h); err != nil {
				t.Fatal(err)
			}
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

func BenchmarkSequenceStep(b *testing.B) {
	for _, bench := range []struct{ name, frames string }{
		{"whole messages", "8105 8205 8105 8205"},
		{"fragments and a Ping", "0105 8905 0005 8005"},
	} {
		run := parseRun(b, bench.frames, true)
		b.Run(bench.name, func(b *testing.B) { // four frames each time
			s := Sequence{Masked: true}
			b.ReportAllocs()
			for b.Loop() {
				for _, h := range run {
					if err := s.Step(&h); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
