package feed

import (
	"context"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestAfter(t *testing.T) {
	var f feed
	for _, text := range []string{"a", "", "c"} {
		f.publish(text)
	}
	for cursor, want := range map[uint64]batch{
		0: {Next: 3, Messages: []string{"a", "", "c"}},
		1: {Next: 3, Messages: []string{"", "c"}},
		2: {Next: 3, Messages: []string{"c"}},
		3: {Next: 3, Messages: []string{}},
	} {
		got := f.after(cursor)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("after %d: %+v, want %+v", cursor, got, want)
		}
		for i := range got.Messages {
			if got.number(i) != cursor+1+uint64(i) {
				t.Errorf("after %d: message %d has number %d", cursor, i, got.number(i))
			}
		}
	}
}

// A feed keeps the latest, by number and by bytes, and tells who comes too late how many are gone.
func TestAfterWhatIsKept(t *testing.T) {
	var many feed
	for n := 1; n <= 3*maxKept+7; n++ {
		many.publish(strconv.Itoa(n))
	}
	got := many.after(5)
	if len(got.Messages) != maxKept || got.Lost != 2*maxKept+2 || got.Messages[0] != strconv.Itoa(2*maxKept+8) || got.Next != 3*maxKept+7 {
		t.Errorf("%d messages from %q, %d lost, next %d", len(got.Messages), got.Messages[0], got.Lost, got.Next)
	}
	var large feed
	text := strings.Repeat("a", maxText)
	for range 2 * maxKeptBytes / maxText {
		large.publish(text)
	}
	if got := large.after(0); len(got.Messages) != maxKeptBytes/maxText || got.Lost != maxKeptBytes/maxText {
		t.Errorf("%d messages of %d bytes, %d lost", len(got.Messages), maxText, got.Lost)
	}
}

func TestCursor(t *testing.T) {
	var f feed
	f.publish("a")
	f.publish("b")
	for _, test := range []struct {
		forms []string
		want  uint64
		err   error
	}{
		{[]string{""}, 0, nil},
		{[]string{"0"}, 0, nil},
		{[]string{"2"}, 2, nil},
		{[]string{"", "1"}, 1, nil},
		{[]string{"2", "1"}, 2, nil},
		{[]string{"3"}, 0, errCursor},
		{[]string{"3", "1"}, 0, errCursor},
		{[]string{"-1"}, 0, errCursor},
		{[]string{"1.0"}, 0, errCursor},
		{[]string{"+1"}, 0, errCursor},
		{[]string{"first"}, 0, errCursor},
		{[]string{"18446744073709551616"}, 0, errCursor},
	} {
		if got, err := f.cursor(test.forms...); got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%q: %d, %v, want %d, %v", test.forms, got, err, test.want, test.err)
		}
	}
}

func TestAwait(t *testing.T) {
	var f feed
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if f.await(ended, 0) {
		t.Error("there is a message before any was published")
	}
	var waiting sync.WaitGroup
	for range 3 {
		waiting.Go(func() {
			for cursor := range uint64(100) {
				if !f.await(within(t), cursor) {
					t.Errorf("message %d did not come", cursor+1)
				}
			}
		})
	}
	for n := range 100 {
		f.publish(strconv.Itoa(n))
		if n%10 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	waiting.Wait()
	if !f.await(ended, 99) {
		t.Error("the end of the context hides a message that is there")
	}
}
