package server

import (
	"errors"
	"strconv"

	"example.com/tandem/server/deflate"
	"example.com/tandem/shared"
)

// The names of permessage-deflate and of its parameters (RFC 7692 §7).
const (
	deflateName      = "permessage-deflate"
	serverNoTakeover = "server_no_context_takeover"
	clientNoTakeover = "client_no_context_takeover"
	serverWindowBits = "server_max_window_bits"
	clientWindowBits = "client_max_window_bits"
)

// An agreement is what the two ends have settled about compression, as this end sees it.
type agreement struct {
	extensions                    string // the server's answer
	threshold                     int
	sendBits, receiveBits         int
	sendTakeover, receiveTakeover bool
}

// deflateParams are the parameters of one offer or answer.
type deflateParams struct {
	serverNoTakeover, clientNoTakeover bool
	serverBits, clientBits             int  // 0: not there, or without a value
	clientBitsOffered                  bool // client_max_window_bits is there, perhaps without a value
}

// parseDeflate reads the parameters of an offer or an answer (RFC 7692 §7.1). Only an offer may have
// client_max_window_bits without a value.
func parseDeflate(params []shared.Param, offer bool) (p deflateParams, err error) {
	for i, param := range params {
		for _, earlier := range params[:i] {
			if earlier.Name == param.Name {
				return p, errors.New(quote(param.Name) + " is there twice")
			}
		}
		valid := param.Value == ""
		switch param.Name {
		case serverNoTakeover:
			p.serverNoTakeover = true
		case clientNoTakeover:
			p.clientNoTakeover = true
		case serverWindowBits:
			p.serverBits, valid = parseWindowBits(param.Value)
		case clientWindowBits:
			p.clientBitsOffered = true
			if param.Value != "" || !offer {
				p.clientBits, valid = parseWindowBits(param.Value)
			}
		default:
			return p, errors.New("the parameter " + quote(param.Name) + " is unknown")
		}
		if !valid {
			return p, errors.New("the value " + quote(param.Value) + " of " + param.Name + " is not valid")
		}
	}
	return p, nil
}

// parseWindowBits reads 8 to 15, without a leading zero (RFC 7692 §7.1.2).
func parseWindowBits(s string) (bits int, ok bool) {
	bits, err := strconv.Atoi(s)
	ok = err == nil && bits >= deflate.MinWindowBits && bits <= deflate.MaxWindowBits && s == strconv.Itoa(bits)
	return bits, ok
}

// String is the answer as it stands in the header.
func (p deflateParams) String() string {
	s := deflateName
	if p.serverNoTakeover {
		s += "; " + serverNoTakeover
	}
	if p.clientNoTakeover {
		s += "; " + clientNoTakeover
	}
	if p.serverBits != 0 {
		s += "; " + serverWindowBits + "=" + strconv.Itoa(p.serverBits)
	}
	if p.clientBits != 0 {
		s += "; " + clientWindowBits + "=" + strconv.Itoa(p.clientBits)
	} else if p.clientBitsOffered {
		s += "; " + clientWindowBits
	}
	return s
}

// accept takes the first offer that can be kept, in the client's order of preference, and nil if there is none (RFC
// 7692 §5.1, §7.1). The receiver may be nil.
func (c *Compression) accept(offers []shared.Extension) *agreement {
	if c == nil {
		return nil
	}
	for _, offer := range offers {
		if offer.Name != deflateName {
			continue
		}
		offered, err := parseDeflate(offer.Params, true)
		if err != nil {
			continue
		}
		answer := deflateParams{
			serverNoTakeover: c.NoContextTakeover || offered.serverNoTakeover,
			clientNoTakeover: c.NoContextTakeover || offered.clientNoTakeover,
		}
		if offered.serverBits != 0 {
			answer.serverBits = min(c.WindowBits, offered.serverBits)
		}
		switch {
		case offered.clientBitsOffered: // §7.1.2.2: only then may the answer limit the client's window
			answer.clientBits = min(c.WindowBits, bitsOrMax(offered.clientBits))
		case c.WindowBits < deflate.MaxWindowBits:
			answer.clientNoTakeover = true
		}
		return &agreement{
			extensions:      answer.String(),
			threshold:       c.Threshold,
			sendBits:        min(c.WindowBits, bitsOrMax(answer.serverBits)),
			sendTakeover:    !answer.serverNoTakeover,
			receiveBits:     bitsOrMax(answer.clientBits),
			receiveTakeover: !answer.clientNoTakeover,
		}
	}
	return nil
}

// offer is what a client offers: a limited window first, and behind it, for servers that can't limit theirs, none that
// would have to be kept. The receiver may be nil.
func (c *Compression) offer() string {
	wanted := deflateParams{clientBitsOffered: true}
	switch {
	case c == nil:
		return ""
	case c.NoContextTakeover:
		wanted.serverNoTakeover, wanted.clientNoTakeover = true, true
	case c.WindowBits < deflate.MaxWindowBits:
		wanted.serverBits = c.WindowBits
		return wanted.String() + ", " + deflateParams{serverNoTakeover: true, clientBitsOffered: true}.String()
	}
	return wanted.String()
}

// agree judges what the server chose of the offer (RFC 7692 §5.1, §7.1). No choice is nil. The receiver may be nil.
func (c *Compression) agree(chosen []shared.Extension) (*agreement, error) {
	if len(chosen) == 0 {
		return nil, nil
	}
	if c == nil || chosen[0].Name != deflateName {
		return nil, errors.New("the server chose the extension " + quote(chosen[0].Name) + ", which was not offered")
	}
	if len(chosen) > 1 {
		return nil, errors.New("the server chose more than one extension")
	}
	answer, err := parseDeflate(chosen[0].Params, false)
	if err != nil {
		return nil, errors.New("the server chose " + deflateName + ", but " + err.Error())
	}
	if !answer.serverNoTakeover && (c.NoContextTakeover || bitsOrMax(answer.serverBits) > c.WindowBits) {
		return nil, errors.New("the server chose " + deflateName + ", but not as it was offered")
	}
	return &agreement{
		extensions:      answer.String(),
		threshold:       c.Threshold,
		sendBits:        min(c.WindowBits, bitsOrMax(answer.clientBits)),
		sendTakeover:    !answer.clientNoTakeover && !c.NoContextTakeover,
		receiveBits:     bitsOrMax(answer.serverBits),
		receiveTakeover: !answer.serverNoTakeover,
	}, nil
}

// bitsOrMax is the window that holds where bits is not given (RFC 7692 §7.1.2).
func bitsOrMax(bits int) int {
	if bits == 0 {
		return deflate.MaxWindowBits
	}
	return bits
}
