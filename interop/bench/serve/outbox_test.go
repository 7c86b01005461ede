package serve

import (
	"errors"
	"testing"
	"testing/synctest"
)

func TestOutboxWritesInOrderAndIsFullWhenTheWriterWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var written []int
		gate := make(chan struct{})
		o := NewOutbox(func(m int) error {
			<-gate
			written = append(written, m)
			return nil
		})
		for i := range outboxLength + 1 { // the first is with the writer
			if !o.Offer(i) {
				t.Fatalf("full after %d", i)
			}
			synctest.Wait()
		}
		if o.Offer(-1) {
			t.Error("more than fits was taken")
		}
		close(gate)
		synctest.Wait()
		if len(written) != outboxLength+1 || written[7] != 7 {
			t.Errorf("%d were written: %v", len(written), written[:8])
		}
		o.Close()
		o.Close()
	})
}

// A goroutine that stayed would keep the bubble from ending.
func TestOutboxEndsWhenWriteFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := NewOutbox(func(int) error { return errors.New("gone") })
		o.Offer(1)
	})
}
