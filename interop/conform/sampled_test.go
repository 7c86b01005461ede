package conform

import (
	"flag"
	"hash/crc32"
	"strings"
	"testing"
)

var everyCase = flag.Bool("every", false, "run every case, and not an eighth of the large tables, also with the peers that get no more")

// tables are the large ones: the cases of each differ in sizes and parameters only.
var tables = []string{"limit.", "deflate.offer.", "deflate.answer.", "deflate.data.", "deflate.params."}

// Sampled returns a suite that runs an eighth of the large tables of this one, the same one each time, and every case of the
// other groups; with -every, the suite itself. It is for what the whole suite says little more about.
func Sampled(s *Suite) *Suite {
	if *everyCase {
		return s
	}
	return s.Only(func(c *Case) bool { return !inTable(c) || crc32.ChecksumIEEE([]byte(c.ID))%8 == 0 })
}

func inTable(c *Case) bool {
	for _, table := range tables {
		if strings.HasPrefix(c.ID, table) {
			return true
		}
	}
	return false
}

// The sample has cases of each large table, about an eighth of them, and all the others.
func TestSampled(t *testing.T) {
	for _, role := range []Role{Server, Client} {
		all, some := new(Suite), Sampled(new(Suite))
		if n, other := count(some.Cases(role), ""), count(all.Cases(role), ""); n != other {
			t.Errorf("%s: %d of the %d cases outside the large tables", role, n, other)
		}
		for _, table := range tables {
			n, whole := count(some.Cases(role), table), count(all.Cases(role), table)
			if whole > 0 && (n < whole/16 || n > whole/4 && !*everyCase) {
				t.Errorf("%s: %d of the %d cases of %s", role, n, whole, table)
			}
		}
	}
}

// count counts the cases of a large table, or those that are in none.
func count(cases []*Case, table string) (n int) {
	for _, c := range cases {
		if table == "" && !inTable(c) || table != "" && strings.HasPrefix(c.ID, table) {
			n++
		}
	}
	return n
}
