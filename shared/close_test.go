package shared

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSection7_4_StatusCodes(t *testing.T) {
	sendable := func(c int) bool { // RFC 6455 §7.4, range by range
		for _, r := range [][2]int{{1000, 1003}, {1007, 1014}, {3000, 3999}, {4000, 4999}} {
			if r[0] <= c && c <= r[1] {
				return true
			}
		}
		return false
	}
	for c := range 1 << 16 {
		code := StatusCode(c)
		if got := code.Sendable(); got != sendable(c) {
			t.Errorf("%d: Sendable = %v", c, got)
		}
		if got, want := code.IsNormal(), c == 1000 || c == 1001 || c == 1005; got != want {
			t.Errorf("%d: IsNormal = %v", c, got)
		}
	}
}

func TestStatusCodeBrowser(t *testing.T) {
	for code, want := range map[StatusCode]StatusCode{
		1000: 1000, 1001: 4001, 1002: 4002, 1003: 4003, 1005: 1005, 1007: 4007, 1008: 4008, 1009: 4009, 1011: 4011, 1014: 4014,
		3000: 3000, 3999: 3999, 4000: 4000, 4999: 4999,
		0: 0, 999: 999, 1004: 1004, 1006: 1006, 1015: 1015, 2999: 2999, 5000: 5000, 65535: 65535,
	} {
		if got := code.Browser(); got != want {
			t.Errorf("%d: Browser = %d, want %d", code, got, want)
		}
	}
}

func TestSection7_4_1_StatusCodeNames(t *testing.T) {
	for code, want := range map[StatusCode]string{
		StatusNormalClosure:      "1000 normal closure",
		StatusGoingAway:          "1001 going away",
		StatusProtocolError:      "1002 protocol error",
		StatusUnsupportedData:    "1003 unsupported data",
		StatusNoStatusReceived:   "1005 no status received",
		StatusAbnormalClosure:    "1006 abnormal closure",
		StatusInvalidPayload:     "1007 invalid payload",
		StatusPolicyViolation:    "1008 policy violation",
		StatusMessageTooBig:      "1009 message too big",
		StatusMandatoryExtension: "1010 mandatory extension",
		StatusInternalError:      "1011 internal error",
		StatusServiceRestart:     "1012 service restart",
		StatusTryAgainLater:      "1013 try again later",
		StatusBadGateway:         "1014 bad gateway",
		StatusTLSHandshake:       "1015 TLS handshake",
		0:                        "0",
		1004:                     "1004",
		4321:                     "4321",
		65535:                    "65535",
	} {
		if got := code.String(); got != want {
			t.Errorf("%d: %q, want %q", uint16(code), got, want)
		}
	}
}

// closes are payloads of Close frames that are legal, and what they say.
var closes = []struct {
	payload string
	want    CloseError
}{
	{"", CloseError{1005, ""}},
	{"\x03\xe8", CloseError{1000, ""}},
	{"\x03\xe9bye", CloseError{1001, "bye"}},
	{"\x03\xeb", CloseError{1003, ""}},
	{"\x03\xef", CloseError{1007, ""}},
	{"\x03\xf6", CloseError{1014, ""}},
	{"\x0b\xb8κόσμε", CloseError{3000, "κόσμε"}},
	{"\x13\x87", CloseError{4999, ""}},
	{"\x03\xe8" + strings.Repeat("x", 123), CloseError{1000, strings.Repeat("x", 123)}},
}

func TestSection5_5_1_ParseClose(t *testing.T) {
	for _, c := range closes {
		if got, err := ParseClose([]byte(c.payload)); got != c.want || err != nil {
			t.Errorf("%x: %v, %v, want %v", c.payload, got, err, c.want)
		}
	}
	for _, c := range []struct {
		payload string
		code    StatusCode
		part    string
	}{
		{"\x03", 1002, "a close frame of one byte has no room for a status code (RFC 6455 §5.5.1)"},
		{"\x00\x00", 1002, "status code 0 may not stand in a close frame (RFC 6455 §7.4)"},
		{"\x03\xe7", 1002, "status code 999 may"},
		{"\x03\xec", 1002, "status code 1004 may"},
		{"\x03\xed", 1002, "status code 1005 may"},
		{"\x03\xee", 1002, "status code 1006 may"},
		{"\x03\xf7", 1002, "status code 1015 may"},
		{"\x03\xf8bye", 1002, "status code 1016 may"},
		{"\x0b\xb7", 1002, "status code 2999 may"},
		{"\x13\x88", 1002, "status code 5000 may"},
		{"\xff\xff", 1002, "status code 65535 may"},
		{"\x03\xed\xff", 1002, "status code 1005 may"}, // the code is judged first
		{"\x03\xe8\xff", 1007, "invalid payload: the reason in a close frame is not UTF-8 (RFC 6455 §5.5.1)"},
		{"\x03\xe8\xce", 1007, "not UTF-8"},
		{"\x03\xe8bye\xed\xa0\x80", 1007, "not UTF-8"},
	} {
		got, err := ParseClose([]byte(c.payload))
		wantViolation(t, err, c.code, c.part)
		if got != (CloseError{}) {
			t.Errorf("%x: %v beside the error", c.payload, got)
		}
	}
}

func TestSection5_5_1_AppendClose(t *testing.T) {
	for _, c := range closes {
		got, err := AppendClose([]byte("x"), c.want.Code, c.want.Reason)
		if string(got) != "x"+c.payload || err != nil {
			t.Errorf("%v: %x, %v, want %x", c.want, got, err, "x"+c.payload)
		}
	}
	for _, c := range []struct {
		code   StatusCode
		reason string
		part   string
	}{
		{1005, "bye", "no room for a reason"},
		{0, "", "status code 0 may not be sent"},
		{999, "", "status code 999 may not be sent"},
		{1004, "", "status code 1004 may not be sent"},
		{1006, "", "status code 1006 abnormal closure may not be sent"},
		{1015, "", "status code 1015 TLS handshake may not be sent"},
		{1016, "", "status code 1016 may not be sent"},
		{2999, "", "status code 2999 may not be sent"},
		{5000, "", "status code 5000 may not be sent"},
		{1000, strings.Repeat("x", 124), "a reason of 124 bytes is over the limit of 123"},
		{1000, "\xff", "the reason is not UTF-8"},
		{1000, "cut \xe2\x82", "the reason is not UTF-8"},
	} {
		got, err := AppendClose([]byte("x"), c.code, c.reason)
		var argument *CloseArgumentError
		if !errors.As(err, &argument) || !strings.Contains(argument.Error(), c.part) {
			t.Errorf("%d %q: %v, want %q", c.code, c.reason, err, c.part)
		}
		if string(got) != "x" {
			t.Errorf("%d %q: %q beside the error", c.code, c.reason, got)
		}
	}
}

func TestCloseErrorText(t *testing.T) {
	for _, c := range []struct {
		err  CloseError
		want string
	}{
		{CloseError{1001, "bye"}, `websocket: closed with 1001 going away "bye"`},
		{CloseError{4000, ""}, `websocket: closed with 4000`},
		{CloseError{1000, "two\nlines"}, `websocket: closed with 1000 normal closure "two\x0alines"`},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Whatever ParseClose takes, AppendClose writes again, as long as it fits into
// a control frame.
func FuzzClose(f *testing.F) {
	for _, c := range closes {
		f.Add([]byte(c.payload))
	}
	f.Add([]byte("\x03"))
	f.Add([]byte("\x03\xec"))
	f.Add([]byte("\x03\xe8\xce"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := ParseClose(payload)
		var v *Violation
		if err != nil {
			if !errors.As(err, &v) || v.Code != StatusProtocolError && v.Code != StatusInvalidPayload {
				t.Fatalf("%x: %v", payload, err)
			}
			return
		}
		if !utf8.ValidString(c.Reason) {
			t.Fatalf("%x: reason %q", payload, c.Reason)
		}
		again, err := AppendClose(nil, c.Code, c.Reason)
		if fits := len(payload) <= MaxControlPayload; (err == nil) != fits {
			t.Fatalf("%x: %v", payload, err)
		}
		if err == nil && !bytes.Equal(again, payload) {
			t.Fatalf("%x came back as %x", payload, again)
		}
	})
}

func TestAppendCloseDoesNotAllocate(t *testing.T) {
	room := make([]byte, 0, MaxControlPayload)
	reason := strings.Repeat("é", MaxCloseReason/2)
	allocations := testing.AllocsPerRun(100, func() {
		if _, err := AppendClose(room, StatusGoingAway, reason); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

func BenchmarkParseClose(b *testing.B) {
	for _, bench := range []struct{ name, payload string }{
		{"no reason", "\x03\xe8"},
		{"ASCII", "\x03\xe9" + strings.Repeat("x", MaxCloseReason)},
		{"κόσμε", "\x0b\xb8" + strings.Repeat("κόσμε", MaxCloseReason/len("κόσμε"))},
	} {
		payload := []byte(bench.payload)
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseClose(payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
