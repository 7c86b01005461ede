package shared

import (
	"strings"
	"testing"
)

func TestQuotedValuesAreEscapedAndCut(t *testing.T) {
	if got := quote("a\r\n\x1bé\xff"); got != `"a\x0d\x0a\x1b\xc3\xa9\xff"` {
		t.Error(got)
	}
	if got := quote(`"\`); got != `"\"\\"` {
		t.Error(got)
	}
	if got := string(appendQuoted(nil, "é\n", false)); got != `"é\x0a"` {
		t.Error(got)
	}
	if got := quote(strings.Repeat("\x00", 1<<20)); len(got) > 1000 {
		t.Errorf("%d bytes", len(got))
	}
}
