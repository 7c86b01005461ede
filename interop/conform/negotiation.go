package conform

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A negotiation is how permessage-deflate is agreed on in a case (RFC 7692 §7.1).
type negotiation struct {
	offer  string // the value of Sec-WebSocket-Extensions that the suite sends as a client
	answer string // the one that it sends as a server, if the client's offer allows it
}

const extensionName = "permessage-deflate"

// plainDeflate agrees on permessage-deflate with no parameters but those that the peer asks for.
var plainDeflate = &negotiation{offer: extensionName, answer: extensionName}

// parameters are those of one offer or of one answer.
type parameters struct {
	serverNoTakeover bool
	clientNoTakeover bool
	serverBits       int // 0: not stated
	clientBits       int // 0: not stated; anyBits: stated without a value
}

const anyBits = -1

// parseParameters reads one element of an extension list, "permessage-deflate; a; b=c". answer: it comes from a
// server, which has to give values. ours is false when it is another extension's.
func parseParameters(element string, answer bool) (p parameters, ours bool, err error) {
	parts := strings.Split(element, ";")
	if strings.Trim(parts[0], " \t") != extensionName {
		return p, false, nil
	}
	seen := map[string]bool{}
	for _, part := range parts[1:] {
		name, value, valued := strings.Cut(part, "=")
		name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t") // blanks are implied anywhere (RFC 6455 §9.1)
		if seen[name] {
			return p, true, errors.New("repeats " + name)
		}
		seen[name] = true
		if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1]
		}
		if err := p.set(name, value, valued, answer); err != nil {
			return p, true, err
		}
	}
	return p, true, nil
}

func (p *parameters) set(name, value string, valued, answer bool) (err error) {
	switch name {
	case "server_no_context_takeover", "client_no_context_takeover":
		if valued {
			return errors.New("gives " + name + " a value")
		}
		if name[0] == 's' {
			p.serverNoTakeover = true
		} else {
			p.clientNoTakeover = true
		}
		return nil
	case "server_max_window_bits":
		p.serverBits, err = windowBits(name, value)
		return err
	case "client_max_window_bits":
		if !valued && !answer {
			p.clientBits = anyBits
			return nil
		}
		p.clientBits, err = windowBits(name, value)
		return err
	}
	return fmt.Errorf("has the unknown parameter %q", name)
}

func windowBits(name, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 8 || n > 15 || strconv.Itoa(n) != value {
		return 0, fmt.Errorf("has %s=%q", name, value)
	}
	return n, nil
}

// elements returns the elements of an extension list.
func elements(h head) (all []string) {
	for _, value := range h.all("Sec-WebSocket-Extensions") {
		for element := range strings.SplitSeq(value, ",") {
			all = append(all, strings.Trim(element, " \t"))
		}
	}
	return all
}

// offers parses an extension list that the suite itself made, and leaves out what is not valid.
func offers(list string) (valid []parameters) {
	for element := range strings.SplitSeq(list, ",") {
		if p, ours, err := parseParameters(strings.Trim(element, " \t"), false); ours && err == nil {
			valid = append(valid, p)
		}
	}
	return valid
}

// allows says what is wrong with an answer to this offer, or "" (RFC 7692 §7.1).
func (offer parameters) allows(answer parameters) string {
	switch {
	case offer.serverNoTakeover && !answer.serverNoTakeover:
		return "accepts an offer with server_no_context_takeover without saying so (RFC 7692 §7.1.1.1)"
	case offer.serverBits > 0 && (answer.serverBits == 0 || answer.serverBits > offer.serverBits):
		return fmt.Sprintf("answers server_max_window_bits=%d with %d (RFC 7692 §7.1.2.1)", offer.serverBits, answer.serverBits)
	case answer.clientBits != 0 && offer.clientBits == 0:
		return "answers client_max_window_bits, which was not offered (RFC 7692 §7.1.2.2)"
	case offer.clientBits > 0 && answer.clientBits > offer.clientBits:
		return fmt.Sprintf("answers client_max_window_bits=%d with %d (RFC 7692 §7.1.2.2)", offer.clientBits, answer.clientBits)
	}
	return ""
}

// agreed returns what both ends go by: the inflater for what the peer sends, and the deflater for what the suite does.
func agreed(tested Role, p parameters) (*inflater, *deflater) {
	server := direction{takeover: !p.serverNoTakeover, window: windowSize(p.serverBits)}
	client := direction{takeover: !p.clientNoTakeover, window: windowSize(p.clientBits)}
	if tested == Client {
		server, client = client, server
	}
	return &inflater{window: server.window, takeover: server.takeover}, &deflater{direction: client}
}

// A direction is what was agreed on for the data of one end.
type direction struct {
	takeover bool
	window   int // in bytes
}

func windowSize(bits int) int {
	if bits <= 0 {
		bits = 15
	}
	return 1 << bits
}

// agreeAsClient judges the server's answer to the case's offer. A server need not accept it.
func (p *Peer) agreeAsClient(h head) *inflater {
	answered := elements(h)
	if p.deflate == nil {
		if len(answered) > 0 {
			p.fatal("answers with extensions that were not offered: %q (RFC 6455 §9.1)", answered)
		}
		return nil
	}
	if len(answered) == 0 {
		p.lacks("the server declines " + p.deflate.offer)
	}
	if len(answered) > 1 {
		p.fatal("answers with several extensions: %q", answered)
	}
	answer, ours, err := parseParameters(answered[0], true)
	if !ours {
		p.fatal("answers with an extension that was not offered: %q (RFC 6455 §9.1)", answered[0])
	}
	if err != nil {
		p.fatal("answers %q, which %v (RFC 7692 §7.1)", answered[0], err)
	}
	problem := "accepts an offer that is not valid: " + p.deflate.offer
	for _, offer := range offers(p.deflate.offer) {
		if problem = offer.allows(answer); problem == "" {
			break
		}
	}
	if problem != "" {
		p.fatal("%s", problem)
	}
	var in *inflater
	in, p.sender = agreed(Server, answer)
	p.answer = answer
	return in
}

// agreeAsServer answers the client's offer with what the case is about. A client need not offer it.
func (p *Peer) agreeAsServer(h head) (in *inflater, line string) {
	var offered []parameters
	for _, element := range elements(h) {
		offer, ours, err := parseParameters(element, false)
		if ours && err != nil {
			p.fatal("offers %q, which %v (RFC 7692 §7.1)", element, err)
		}
		if ours {
			offered = append(offered, offer)
		}
	}
	if p.deflate == nil {
		return nil, ""
	}
	if len(offered) == 0 {
		p.lacks("the client does not offer " + extensionName)
	}
	answer, _, err := parseParameters(p.deflate.answer, true)
	if err != nil {
		panic("conform: a case answers " + p.deflate.answer) // a mistake of this package
	}
	answer, line = offered[0].oblige(answer)
	if !slices.ContainsFunc(offered, func(o parameters) bool { return o.allows(answer) == "" }) {
		p.lacks("the client's offer does not allow " + p.deflate.answer)
	}
	in, p.sender = agreed(Client, answer)
	p.answer = answer
	return in, line
}

// oblige adds to an answer what the offer demands, and returns it also as the header has it.
func (offer parameters) oblige(answer parameters) (parameters, string) {
	answer.serverNoTakeover = answer.serverNoTakeover || offer.serverNoTakeover
	if offer.serverBits > 0 && (answer.serverBits == 0 || answer.serverBits > offer.serverBits) {
		answer.serverBits = offer.serverBits
	}
	if offer.clientBits > 0 && answer.clientBits > offer.clientBits {
		answer.clientBits = offer.clientBits
	}
	line := extensionName
	if answer.serverNoTakeover {
		line += "; server_no_context_takeover"
	}
	if answer.clientNoTakeover {
		line += "; client_no_context_takeover"
	}
	if answer.serverBits > 0 {
		line += "; server_max_window_bits=" + strconv.Itoa(answer.serverBits)
	}
	if answer.clientBits > 0 {
		line += "; client_max_window_bits=" + strconv.Itoa(answer.clientBits)
	}
	return answer, line
}
