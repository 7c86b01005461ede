package client

import "testing"

func TestPace(t *testing.T) {
	var p pace
	expect := func(what string, found bool, want step) {
		t.Helper()
		if got := p.after(found); got != want {
			t.Fatalf("%s: step %d, want %d", what, got, want)
		}
	}
	expect("the first message", true, ignore)
	for range 1000 {
		expect("a flood", true, again)
	}
	expect("the end of the flood", false, heed)
	for range vainPosts {
		expect("a single message", true, ignore)
		expect("nothing after it", false, heed)
	}
	for range 3 {
		for range retryPosts - 1 {
			expect("one by one", true, carryOn)
		}
		expect("now and then", true, ignore)
		expect("nothing after it", false, heed)
	}
	for range retryPosts - 1 {
		expect("a flood not yet noticed", true, carryOn)
	}
	expect("a flood noticed", true, ignore)
	expect("a flood", true, again)
	expect("the end of the flood", false, heed)
	expect("a message soon after", true, ignore)
}
