package leak

import (
	"strings"
	"testing"
	"time"
)

func stays(there chan<- struct{}, until <-chan struct{}) {
	there <- struct{}{}
	<-until
}

func TestStatusTellsOfAGoroutineThatStays(t *testing.T) {
	there, until := make(chan struct{}), make(chan struct{})
	var said strings.Builder
	go stays(there, until)
	<-there
	if got := status(0, 0, &said); got != 1 {
		t.Errorf("exit status %d", got)
	}
	if !strings.Contains(said.String(), "leak.stays(") || strings.Contains(said.String(), t.Name()+"(") {
		t.Errorf("not the stack of what stays alone:\n%s", said.String())
	}
	said.Reset()
	if got := status(2, 0, &said); got != 2 || said.Len() > 0 {
		t.Errorf("tests that failed themselves: exit status %d, %s", got, said.String())
	}
	time.AfterFunc(20*time.Millisecond, func() { close(until) })
	if got := status(0, 10*time.Second, &said); got != 0 || said.Len() > 0 {
		t.Errorf("a goroutine that ends in time: exit status %d, %s", got, said.String())
	}
}
