package serve

import (
	"slices"
	"testing"
)

func TestMembersAreThoseThatJoinedAndDidNotLeave(t *testing.T) {
	var m Members[int]
	for _, c := range []int{1, 2, 3} {
		m.Join(c)
		m.All()
	}
	before := m.All()
	m.Leave(2)
	m.Leave(7)
	if got := slices.Sorted(slices.Values(m.All())); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("%v, want 1 and 3", got)
	}
	if len(before) != 3 {
		t.Errorf("a list that was handed out has changed: %v", before)
	}
}
