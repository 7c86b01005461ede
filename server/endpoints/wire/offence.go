package wire

import (
	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// The fields of a frame, in the order in which RFC 6455 §5.2 draws them.
const (
	fieldFin      = "fin"
	fieldRSV1     = "rsv1"
	fieldRSV2     = "rsv2"
	fieldRSV3     = "rsv3"
	fieldOpcode   = "opcode"
	fieldMask     = "mask"
	fieldLength   = "length"
	fieldExtended = "extended" // the 16-bit or 64-bit length
	fieldPayload  = "payload"
)

// offending names the fields with which a frame broke a rule. The section says where to look; the bits are what is there.
func offending(f server.TraceFrame, v *shared.Violation) []string {
	h := f.Header
	control := h.Opcode.IsControl()
	switch {
	case len(f.Wire) < 2:
		return nil
	case v.Section == "RFC 6455 §5.1":
		return []string{fieldMask}
	case v.Section == "RFC 7692 §6":
		return []string{fieldRSV1, fieldOpcode}
	case v.Section == "RFC 6455 §5.4":
		return []string{fieldOpcode}
	case v.Section == "RFC 6455 §5.5" && !h.Fin:
		return []string{fieldFin, fieldOpcode}
	case v.Section == "RFC 6455 §5.5", v.Code == shared.StatusMessageTooBig:
		return append([]string{fieldLength}, extended(f)...)
	case v.Section == "RFC 6455 §5.2":
		return reserved(f)
	case v.Code == shared.StatusPolicyViolation && h.Length == 0 && !control: // one empty fragment too many
		return []string{fieldFin, fieldLength}
	}
	return []string{fieldPayload} // §5.5.1, §7.4, §8.1, RFC 7692 §7.2.2
}

// reserved names what §5.2 does not allow. When a length was the matter, no header could be read.
func reserved(f server.TraceFrame) []string {
	h := f.Header
	switch {
	case h == (shared.Header{}) && f.Wire[1]&0x7f > 125:
		return []string{fieldExtended}
	case h.Opcode.IsReserved():
		return []string{fieldOpcode}
	case h.RSV2:
		return []string{fieldRSV2}
	case h.RSV3:
		return []string{fieldRSV3}
	}
	return []string{fieldRSV1}
}

func extended(f server.TraceFrame) []string {
	if f.Wire[1]&0x7f > 125 {
		return []string{fieldExtended}
	}
	return nil
}
