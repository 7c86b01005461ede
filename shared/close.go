package shared

import (
	"encoding/binary"
	"strconv"
	"unicode/utf8"
)

// A StatusCode says why a connection was closed. RFC 6455 §7.4.
type StatusCode uint16

// The status codes that have a name: RFC 6455 §7.4.1 and the registry that
// §11.7 sets up. 1005, 1006 and 1015 are only reported, never sent.
const (
	StatusNormalClosure      StatusCode = 1000
	StatusGoingAway          StatusCode = 1001
	StatusProtocolError      StatusCode = 1002
	StatusUnsupportedData    StatusCode = 1003
	StatusNoStatusReceived   StatusCode = 1005 // a Close frame without a code
	StatusAbnormalClosure    StatusCode = 1006 // an end without a Close frame
	StatusInvalidPayload     StatusCode = 1007
	StatusPolicyViolation    StatusCode = 1008
	StatusMessageTooBig      StatusCode = 1009
	StatusMandatoryExtension StatusCode = 1010
	StatusInternalError      StatusCode = 1011
	StatusServiceRestart     StatusCode = 1012
	StatusTryAgainLater      StatusCode = 1013
	StatusBadGateway         StatusCode = 1014
	StatusTLSHandshake       StatusCode = 1015 // TLS could not be set up
)

// MaxCloseReason is the longest reason of a Close frame, in bytes: what a
// control frame holds, less the code.
const MaxCloseReason = MaxControlPayload - 2

// Sendable reports whether c may stand in a Close frame: 1000 to 1003, 1007 to
// 1014, and 3000 to 4999, which belong to libraries and applications.
// RFC 6455 §7.4.
func (c StatusCode) Sendable() bool {
	return 1000 <= c && c <= 1003 || 1007 <= c && c <= 1014 || c.isApplications()
}

func (c StatusCode) isApplications() bool { return 3000 <= c && c <= 4999 }

// IsNormal reports whether c ends a conversation as intended: 1000, 1001, and
// 1005, which is what a page's close() without arguments sends.
func (c StatusCode) IsNormal() bool {
	return c == StatusNormalClosure || c == StatusGoingAway || c == StatusNoStatusReceived
}

// Browser returns the code that a browser lets a page send in place of c.
// 1000, 3000 to 4999, and 1005 (no code at all) stay as they are; the other
// sendable codes become 4000 + (c - 1000), so 1009 becomes 4009. What is not
// sendable comes back unchanged.
func (c StatusCode) Browser() StatusCode {
	if c == StatusNormalClosure || c.isApplications() || !c.Sendable() {
		return c
	}
	return c + 3000
}

// String gives the number and, where there is one, the name: "1000 normal
// closure".
func (c StatusCode) String() string {
	number := strconv.FormatUint(uint64(c), 10)
	if name := c.name(); name != "" {
		return number + " " + name
	}
	return number
}

func (c StatusCode) name() string {
	switch c {
	case StatusNormalClosure:
		return "normal closure"
	case StatusGoingAway:
		return "going away"
	case StatusProtocolError:
		return "protocol error"
	case StatusUnsupportedData:
		return "unsupported data"
	case StatusNoStatusReceived:
		return "no status received"
	case StatusAbnormalClosure:
		return "abnormal closure"
	case StatusInvalidPayload:
		return "invalid payload"
	case StatusPolicyViolation:
		return "policy violation"
	case StatusMessageTooBig:
		return "message too big"
	case StatusMandatoryExtension:
		return "mandatory extension"
	case StatusInternalError:
		return "internal error"
	case StatusServiceRestart:
		return "service restart"
	case StatusTryAgainLater:
		return "try again later"
	case StatusBadGateway:
		return "bad gateway"
	case StatusTLSHandshake:
		return "TLS handshake"
	}
	return ""
}

// A CloseError is a status code and a reason as an error: what an application
// returns to close with them, and what it finds, by errors.As, when the
// connection was closed with them.
type CloseError struct {
	Code   StatusCode // 1005 stands for a Close frame without one
	Reason string     // UTF-8, at most MaxCloseReason bytes
}

// Error gives code and reason on one line, the reason quoted.
func (e *CloseError) Error() string { return "websocket: closed with " + e.text() }

func (e *CloseError) text() string {
	if e.Reason == "" {
		return e.Code.String()
	}
	return string(appendQuoted([]byte(e.Code.String()+" "), e.Reason, false))
}

// ParseClose reads the payload of a Close frame. An empty one gives code 1005.
// The error is a *[Violation]: 1002 for a payload of one byte or a code that is
// not [StatusCode.Sendable], 1007 for a reason that is not UTF-8.
// RFC 6455 §5.5.1 and §7.4.
func ParseClose(p []byte) (CloseError, error) {
	if len(p) == 0 {
		return CloseError{Code: StatusNoStatusReceived}, nil
	}
	if len(p) == 1 {
		return CloseError{}, protocolError("a close frame of one byte has no room for a status code", "RFC 6455 §5.5.1")
	}
	code := StatusCode(binary.BigEndian.Uint16(p))
	if !code.Sendable() {
		return CloseError{}, protocolError("status code "+strconv.FormatUint(uint64(code), 10)+" may not stand in a close frame", "RFC 6455 §7.4")
	}
	if !utf8.Valid(p[2:]) {
		return CloseError{}, &Violation{StatusInvalidPayload, "the reason in a close frame is not UTF-8", "RFC 6455 §5.5.1"}
	}
	return CloseError{code, string(p[2:])}, nil
}

// AppendClose appends the payload of a Close frame to b and returns the longer
// slice. Code 1005 stands for an empty payload and takes no reason. The error
// is a *[CloseArgumentError], and b then comes back as it was: the code is not
// [StatusCode.Sendable], or the reason is longer than [MaxCloseReason] or not
// UTF-8. RFC 6455 §5.5.1.
func AppendClose(b []byte, code StatusCode, reason string) ([]byte, error) {
	if code == StatusNoStatusReceived {
		if reason != "" {
			return b, &CloseArgumentError{"a close without a status code has no room for a reason"}
		}
		return b, nil
	}
	if !code.Sendable() {
		return b, &CloseArgumentError{"status code " + code.String() + " may not be sent"}
	}
	if len(reason) > MaxCloseReason {
		return b, &CloseArgumentError{"a reason of " + strconv.Itoa(len(reason)) + " bytes is over the limit of 123"}
	}
	if !utf8.ValidString(reason) {
		return b, &CloseArgumentError{"the reason is not UTF-8"}
	}
	b = binary.BigEndian.AppendUint16(b, uint16(code))
	return append(b, reason...), nil
}

// A CloseArgumentError says that a status code or reason cannot be sent.
type CloseArgumentError struct {
	Problem string // in a few words, with the offending value
}

// Error gives the problem on one line.
func (e *CloseArgumentError) Error() string { return "websocket: close: " + e.Problem }
