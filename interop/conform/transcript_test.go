package conform

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestTranscript(t *testing.T) {
	log := transcript{begun: time.Now()}
	for i := range 100 {
		log.add(i%2 == 0, fmt.Sprint("line ", i), make([]byte, i), i)
	}
	head := transcript{begun: log.begun}
	head.addHead(true, "GET / HTTP/1.1", make([]byte, headBytes+1))
	if got := head.kept()[0]; got.Len != headBytes+1 || got.Hex != strings.Repeat("00", headBytes)+"…" || !got.Sent {
		t.Errorf("of a head is kept %v", got)
	}
	lines := log.kept()
	if len(lines) != firstLines+1+lastLines || lines[0].What != "line 0" || lines[firstLines].What != "60 more, not kept" || lines[len(lines)-1].What != "line 99" {
		t.Errorf("kept %d lines: %v", len(lines), lines)
	}
	last := lines[len(lines)-1]
	if last.Len != 99 || last.Hex != strings.Repeat("00", lineBytes)+"…" || last.Sent || !strings.HasPrefix(last.String(), "< ") {
		t.Errorf("the last line is %v", last)
	}
}
