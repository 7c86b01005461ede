package conform

import (
	"fmt"
	"slices"
	"strings"
)

// An edit makes a good head odd or wrong. It gets the lines without their ends, the first line first.
type edit func(lines []string) []string

// with puts header lines with these values in the place of those with that name, and none where none are given.
func with(name string, values ...string) edit {
	return func(lines []string) []string {
		var edited []string
		at := len(lines)
		for i, line := range lines {
			if i > 0 && strings.HasPrefix(strings.ToLower(line), strings.ToLower(name)+":") {
				at = min(at, len(edited))
			} else {
				edited = append(edited, line)
			}
		}
		at = min(at, len(edited))
		for i, value := range values {
			edited = slices.Insert(edited, at+i, strings.TrimRight(name+": "+value, " "))
		}
		return edited
	}
}

// plus adds whole lines at the end.
func plus(added ...string) edit {
	return func(lines []string) []string { return append(lines, added...) }
}

// first changes the first line, in which $ stands for the target that the good one asks for.
func first(line string) edit {
	return func(lines []string) []string {
		words := strings.Split(lines[0], " ")
		return append([]string{strings.Replace(line, "$", words[min(1, len(words)-1)], 1)}, lines[1:]...)
	}
}

// each changes every header line.
func each(change func(name, value string) string) edit {
	return func(lines []string) []string {
		edited := []string{lines[0]}
		for _, line := range lines[1:] {
			name, value, _ := strings.Cut(line, ": ")
			edited = append(edited, change(name, value))
		}
		return edited
	}
}

// backwards turns the order of the header lines around.
func backwards(lines []string) []string {
	edited := slices.Clone(lines)
	slices.Reverse(edited[1:])
	return edited
}

// many adds n header lines that mean nothing.
func many(n int) edit {
	return func(lines []string) []string {
		for i := range n {
			lines = append(lines, fmt.Sprintf("X-%d: %d", i, i))
		}
		return lines
	}
}

func all(edits ...edit) edit {
	return func(lines []string) []string {
		for _, e := range edits {
			lines = e(lines)
		}
		return lines
	}
}

// describeChange says what an edit does to good lines.
func describeChange(good []string, e edit) string {
	edited := e(slices.Clone(good))
	var news []string
	for _, line := range edited {
		if !slices.Contains(good, line) {
			news = append(news, line)
		}
	}
	names := func(lines []string) (list []string) {
		for _, line := range lines[1:] {
			name, _, _ := strings.Cut(line, ":")
			list = append(list, strings.ToLower(name))
		}
		return list
	}
	var lacks []string
	for _, name := range names(good) {
		if !slices.Contains(names(edited), name) {
			lacks = append(lacks, name)
		}
	}
	var parts []string
	if len(news) > 8 {
		news = append(news[:8:8], fmt.Sprintf("and %d more", len(news)-8))
	}
	for i, line := range news {
		if len(line) > 80 {
			line = line[:80] + "..."
		}
		news[i] = fmt.Sprintf("%q", line)
	}
	if len(news) > 0 {
		parts = append(parts, "with "+strings.Join(news, " "))
	}
	if len(lacks) > 0 {
		parts = append(parts, "without "+strings.Join(lacks, ", "))
	}
	if len(parts) == 0 && !slices.Equal(edited, good) {
		return "whose lines stand in another order or number"
	}
	if len(parts) == 0 {
		return "as it should be"
	}
	return strings.Join(parts, ", ")
}

// An outcome says what to make of a peer that goes along with a handshake, and of one that does not.
type outcome struct {
	open, refuse Verdict
	allows       string
}

var (
	mustOpen     = outcome{Pass, Fail, "the connection opens"}
	shouldOpen   = outcome{Pass, Tolerated, "the connection opens; to refuse is tolerated"}
	mustRefuse   = outcome{Fail, Pass, "no connection opens"}
	shouldRefuse = outcome{Tolerated, Pass, "no connection opens; that one does is tolerated"}
	mayOpen      = outcome{Pass, Pass, "the connection opens and works, or does not open"}
)

// opened records what it means that the connection opened.
func (o outcome) opened(p *Peer) {
	o.record(p, o.open, "goes along with a handshake that it should refuse")
}

// refused records what it means that it did not; what is what the peer did instead.
func (o outcome) refused(p *Peer, what string) { o.record(p, o.refuse, what) }

func (o outcome) record(p *Peer, v Verdict, problem string) {
	switch v {
	case Fail:
		p.fatal("%s", problem)
	case Tolerated:
		p.tolerate("%s", problem)
	}
}

// works shows that frames go both ways on a connection that opened, and closes it.
func (p *Peer) works() {
	p.send(text("does it work?"))
	p.wants(opText, []byte("does it work?"))
	p.close()
}

// sendHeadIn sends a head n bytes at a time.
func (p *Peer) sendHeadIn(b []byte, n int) {
	line, _, _ := strings.Cut(string(b[:min(len(b), lineBytes)]), "\r\n")
	p.log.addHead(true, fmt.Sprintf("%s, %d bytes at a time", line, n), b)
	for piece := range slices.Chunk(b, n) {
		if _, err := p.conn.Write(piece); err != nil {
			return
		}
	}
}

// lineProblem says what is wrong with the bytes of a head as bytes, "" if nothing is (RFC 9112 §2.2, §5).
func lineProblem(h head) string {
	lines := strings.Split(strings.TrimSuffix(string(h.raw), "\r\n\r\n"), "\r\n")
	for i, line := range lines {
		if strings.ContainsFunc(line, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7F }) {
			return fmt.Sprintf("a control character in the line %q", line)
		}
		name, _, found := strings.Cut(line, ":")
		if i > 0 && (!found || !isToken(name)) {
			return fmt.Sprintf("the malformed line %q", line)
		}
	}
	return ""
}

// isToken reports whether s is a token (RFC 9110 §5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7F || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// tokens splits a comma list; ok is false if an element is no token or there is none.
func tokens(values []string) (list []string, ok bool) {
	for _, value := range values {
		for element := range strings.SplitSeq(value, ",") {
			element = strings.Trim(element, " \t")
			if !isToken(element) {
				return nil, false
			}
			list = append(list, element)
		}
	}
	return list, len(list) > 0
}
