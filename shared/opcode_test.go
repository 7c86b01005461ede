package shared

import "testing"

func TestSection5_2_Opcodes(t *testing.T) {
	const control, data, reserved = 1, 2, 4
	for _, c := range []struct {
		opcode Opcode
		kind   int
		name   string
	}{
		{0x0, 0, "continuation"},
		{0x1, data, "text"},
		{0x2, data, "binary"},
		{0x3, reserved, "reserved 0x3"},
		{0x4, reserved, "reserved 0x4"},
		{0x5, reserved, "reserved 0x5"},
		{0x6, reserved, "reserved 0x6"},
		{0x7, reserved, "reserved 0x7"},
		{0x8, control, "close"},
		{0x9, control, "ping"},
		{0xA, control, "pong"},
		{0xB, control | reserved, "reserved 0xb"},
		{0xC, control | reserved, "reserved 0xc"},
		{0xD, control | reserved, "reserved 0xd"},
		{0xE, control | reserved, "reserved 0xe"},
		{0xF, control | reserved, "reserved 0xf"},
		{0x10, reserved, "reserved 0x10"},
		{0xFF, reserved, "reserved 0xff"},
	} {
		if got, want := c.opcode.IsControl(), c.kind&control != 0; got != want {
			t.Errorf("%#x: IsControl = %v", uint8(c.opcode), got)
		}
		if got, want := c.opcode.IsData(), c.kind&data != 0; got != want {
			t.Errorf("%#x: IsData = %v", uint8(c.opcode), got)
		}
		if got, want := c.opcode.IsReserved(), c.kind&reserved != 0; got != want {
			t.Errorf("%#x: IsReserved = %v", uint8(c.opcode), got)
		}
		if got := c.opcode.String(); got != c.name {
			t.Errorf("%#x: String = %q, want %q", uint8(c.opcode), got, c.name)
		}
	}
}
