package wire

import (
	"strings"
	"testing"

	"example.com/tandem/shared"
)

// Each violation that a frame of a client can be, by the bits that it is seen from. Frames are in hexadecimal, not masked;
// they are masked on the way, but where a line begins with "!".
func TestOffendingFields(t *testing.T) {
	for _, test := range []struct {
		frames, fields string
		code           shared.StatusCode
		section        string
		deflate        bool
	}{
		{frames: "! 81 00", fields: "mask", code: 1002, section: "RFC 6455 §5.1"},
		{frames: "c1 00", fields: "rsv1", code: 1002, section: "RFC 6455 §5.2"},
		{frames: "a1 00", fields: "rsv2", code: 1002, section: "RFC 6455 §5.2"},
		{frames: "91 00", fields: "rsv3", code: 1002, section: "RFC 6455 §5.2"},
		{frames: "83 00", fields: "opcode", code: 1002, section: "RFC 6455 §5.2"},
		{frames: "8f 00", fields: "opcode", code: 1002, section: "RFC 6455 §5.2"},
		{frames: "81 7e 00 05 61 61 61 61 61", fields: "extended", code: 1002, section: "RFC 6455 §5.2"},
		{frames: "81 7f 00 00 00 00 00 00 00 05", fields: "extended", code: 1002, section: "RFC 6455 §5.2"},
		{frames: "81 7f 80 00 00 00 00 00 00 00", fields: "extended", code: 1002, section: "RFC 6455 §5.2"},
		{frames: "80 00", fields: "opcode", code: 1002, section: "RFC 6455 §5.4"},
		{frames: "01 00 | 81 00", fields: "opcode", code: 1002, section: "RFC 6455 §5.4"},
		{frames: "09 00", fields: "fin opcode", code: 1002, section: "RFC 6455 §5.5"},
		{frames: "89 7e 00 7e", fields: "length extended", code: 1002, section: "RFC 6455 §5.5"},
		{frames: "82 7f 00 00 00 00 00 01 00 01", fields: "length extended", code: 1009, section: "RFC 6455 §10.4"},
		{frames: "01 00" + strings.Repeat("| 00 00", 1024), fields: "fin length", code: 1008, section: "RFC 6455 §10.4"},
		{frames: "88 01 03", fields: "payload", code: 1002, section: "RFC 6455 §5.5.1"},
		{frames: "88 02 03 ed", fields: "payload", code: 1002, section: "RFC 6455 §7.4"},
		{frames: "88 03 03 e8 ff", fields: "payload", code: 1007, section: "RFC 6455 §5.5.1"},
		{frames: "81 01 ff", fields: "payload", code: 1007, section: "RFC 6455 §8.1"},
		{frames: "01 01 63 | c0 00", fields: "rsv1 opcode", code: 1002, section: "RFC 7692 §6", deflate: true},
		{frames: "c9 00", fields: "rsv1 opcode", code: 1002, section: "RFC 7692 §6", deflate: true},
		{frames: "c1 02 ff ff", fields: "payload", code: 1007, section: "RFC 7692 §7.2.2", deflate: true},
	} {
		t.Run(test.frames[:min(len(test.frames), 30)], func(t *testing.T) {
			t.Parallel()
			played := compose(t, Composition{Deflate: test.deflate, Steps: []Step{{Send: wireFrames(test.frames)}}})
			var broken []*violation
			for _, e := range played.Server {
				if e.Frame != nil && e.Frame.Violation != nil {
					broken = append(broken, e.Frame.Violation)
				}
			}
			if len(broken) != 1 {
				t.Fatalf("%d violations were shown", len(broken))
			}
			v := broken[0]
			if fields := strings.Join(v.Fields, " "); fields != test.fields || v.Code != test.code || v.Section != test.section || v.Rule == "" {
				t.Errorf("%s (%s), %d, fields %s; want %s, %d, %s", v.Rule, v.Section, v.Code, fields, test.section, test.code, test.fields)
			}
			if end := endOf(t, played); end.Code != test.code || end.Layer != "violation" || end.By != "local" {
				t.Errorf("ended with %+v", end)
			}
		})
	}
}
