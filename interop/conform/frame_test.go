package conform

import (
	"bytes"
	"strings"
	"testing"
)

func TestSection5_7_Frames(t *testing.T) {
	key := [4]byte{0x37, 0xFA, 0x21, 0x3D}
	for _, test := range []struct {
		f      frame
		masked bool
		want   string
	}{
		{text("Hello"), false, "\x81\x05Hello"},
		{frame{op: opText, payload: []byte("Hello"), key: &key}, true, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"},
		{text("Hel").unfinished(), false, "\x01\x03Hel"},
		{continuation("lo"), false, "\x80\x02lo"},
		{binaryFrame(make([]byte, 125)), false, "\x82\x7D" + strings.Repeat("\x00", 125)},
		{binaryFrame(make([]byte, 126)), false, "\x82\x7E\x00\x7E" + strings.Repeat("\x00", 126)},
		{binaryFrame(make([]byte, 65535)), false, "\x82\x7E\xFF\xFF" + strings.Repeat("\x00", 65535)},
		{binaryFrame(make([]byte, 65536)), false, "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00" + strings.Repeat("\x00", 65536)},
		{ping("Hello"), false, "\x89\x05Hello"},
		{closeFrame(1000, "bye"), false, "\x88\x05\x03\xE8bye"},
		{text("").withRSV(rsv1 | rsv3), false, "\xD1\x00"},
		{frame{op: opBinary, payload: []byte("a"), length: 2}, false, "\x82\x7E\x00\x01a"},
		{frame{op: opBinary, payload: []byte("a"), length: 8}, false, "\x82\x7F\x00\x00\x00\x00\x00\x00\x00\x01a"},
		{frame{op: opBinary, payload: []byte("a"), claim: 1 << 63}, false, "\x82\x7F\x80\x00\x00\x00\x00\x00\x00\x00a"},
		{frame{op: opBinary, payload: []byte("a"), claim: 300}, false, "\x82\x7E\x01\x2Ca"},
		{frame{op: opText, payload: []byte("Hello"), masking: maskNever}, true, "\x81\x05Hello"},
		{frame{op: opText, payload: []byte("Hello"), masking: maskAlways, key: &key}, false, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"},
	} {
		if got := test.f.append(nil, test.masked); string(got) != test.want {
			t.Errorf("%s of %d bytes: %.20x, want %.20x", opName(test.f.op), len(test.f.payload), got, test.want)
		}
	}
}

func TestSection5_3_MaskBytes(t *testing.T) {
	key := [4]byte{1, 2, 4, 8}
	for n := range 40 {
		b, want := bytes.Repeat([]byte{0x55}, n), make([]byte, n)
		for i := range want {
			want[i] = 0x55 ^ key[i%4]
		}
		if maskBytes(b, key); !bytes.Equal(b, want) {
			t.Errorf("%d bytes: %x, want %x", n, b, want)
		}
	}
}
