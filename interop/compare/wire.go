package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"example.com/tandem/interop/conform"
)

// Bounds of an example: so many lines of what went over the wire, and so many bytes of each.
const (
	maxLines = 6
	maxBytes = 24
)

// plain returns what was sent, or what came, with bytes that are the same each time: masked payloads are unmasked, with
// zeros for the masking key, and of heads, which are left out unless the case is about them, only the lines that a case
// can be about are kept.
func plain(wire []conform.Line, sent, heads bool) (lines []string) {
	left := 0
	for _, line := range wire {
		head := strings.Contains(line.What, " HTTP/1.") || strings.HasPrefix(line.What, "HTTP/")
		if line.Sent != sent || line.Len == 0 || head && !heads {
			continue
		}
		if len(lines) == maxLines {
			left++
			continue
		}
		b, err := hex.DecodeString(strings.TrimSuffix(line.Hex, "…"))
		if err != nil {
			continue
		}
		if head {
			lines = append(lines, plainHead(b))
			continue
		}
		unmask(b)
		more := ""
		if len(b) > maxBytes || line.Len > len(b) {
			b, more = b[:min(len(b), maxBytes)], fmt.Sprintf("…, %d bytes", line.Len)
		}
		lines = append(lines, fmt.Sprintf("%s %x%s", line.What, b, more))
	}
	if left > 0 {
		lines = append(lines, fmt.Sprintf("%d more", left))
	}
	return lines
}

// unmask unmasks the frames in b, as far as they are there, and clears their masking keys.
func unmask(b []byte) {
	for len(b) >= 2 {
		at, length := 2, uint64(b[1]&0x7F)
		switch {
		case length == 126 && len(b) >= 4:
			at, length = 4, uint64(binary.BigEndian.Uint16(b[2:]))
		case length == 127 && len(b) >= 10:
			at, length = 10, binary.BigEndian.Uint64(b[2:])
		case length >= 126:
			return
		}
		if b[1]&0x80 != 0 {
			if len(b) < at+4 {
				clear(b[min(at, len(b)):])
				return
			}
			key := [4]byte(b[at:])
			clear(b[at : at+4])
			at += 4
			for i := range min(length, uint64(len(b)-at)) {
				b[at+int(i)] ^= key[i&3]
			}
		}
		if length > uint64(len(b)-at) {
			return
		}
		b = b[at+int(length):]
	}
}

// What is different in each run, and so is left out.
var (
	randomBytes  = regexp.MustCompile(`\b[0-9a-f]{16,}\b`)
	randomKey    = regexp.MustCompile(`[A-Za-z0-9+/]{22}==`)
	randomAccept = regexp.MustCompile(`[A-Za-z0-9+/]{27}=`)
	ownPath      = regexp.MustCompile(`^GET /runCase\?\S*`)
	passing      = regexp.MustCompile(`(?mi)^(Host|Date|User-Agent|Accept-Encoding):.*\n`)
)

// plainHead returns the head of an HTTP message, and what is behind it in hex.
func plainHead(b []byte) string {
	head, behind, whole := strings.Cut(string(b), "\r\n\r\n")
	head = strings.ReplaceAll(head, "\r\n", "\n") + "\n"
	head = ownPath.ReplaceAllString(head, "GET /")
	head = passing.ReplaceAllString(head, "")
	head = randomAccept.ReplaceAllString(head, "<accept>")
	head = randomKey.ReplaceAllString(head, "<key>")
	var lines []string
	for line := range strings.Lines(head) {
		lines = append(lines, strings.Trim(fmt.Sprintf("%+q", strings.TrimSuffix(line, "\n")), `"`))
	}
	head = strings.Join(lines, " ⏎ ")
	if !whole {
		return head[:min(len(head), 200)] + "…"
	}
	if behind != "" {
		rest := []byte(behind)
		unmask(rest)
		head += fmt.Sprintf(" ⏎⏎ %x", rest[:min(len(rest), maxBytes)])
	}
	return head
}
