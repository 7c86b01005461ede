package reference

import (
	"errors"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// The end that finds a message too big says so with 1009, and the other end is told, though it may be sending still.
func TestSection10_4_MessageTooBig(t *testing.T) {
	const limit = 4096
	for _, test := range []struct {
		name string
		size int
	}{{"by one byte", limit + 1}, {"by more than the buffers between hold", 12 << 20}} {
		t.Run(test.name, func(t *testing.T) {
			eachWay(t, settings{limit: limit}, func(t *testing.T, from, to end) {
				pass(t, from, to, sample(shared.OpcodeBinary, limit))
				tooBig(t, from, to, sample(shared.OpcodeBinary, test.size))
			})
		})
	}
}

func tooBig(t *testing.T, from, to end, m shared.Message) {
	ctx := within(t, 10*time.Second)
	sent := make(chan error, 1)
	go func() { sent <- from.Send(ctx, m) }()
	refused := make(chan error, 1)
	go func() {
		_, err := to.Receive(ctx)
		refused <- err
	}()
	_, err := from.Receive(ctx)
	_, refusedByReference := to.(reference)
	switch got := told(from, err); {
	case got.Code == shared.StatusMessageTooBig:
	case got.Code == shared.StatusAbnormalClosure && refusedByReference && len(m.Payload) > 1<<20:
		// The reference closes TCP over input it has not read, and the reset may take its Close frame away.
	default:
		t.Errorf("the sender was told %d (%v), want 1009", got.Code, err)
	}
	err = <-refused
	if err == nil {
		t.Error("the message was received")
	}
	<-sent // an error or not: the message may have left before it was refused
	if e, ok := to.(ours); ok {
		var v *shared.Violation
		if end := e.End(); !errors.As(err, &v) || v.Code != shared.StatusMessageTooBig || end.Layer != shared.LayerViolation {
			t.Errorf("Receive: %v; End says %v", err, end)
		}
	}
}
