package feed

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"
)

// What a feed keeps for those who come later or were away: the latest messages, and their bytes in all.
const (
	maxKept      = 4096
	maxKeptBytes = 2 << 20
	maxText      = 16 << 10 // bytes of one message
)

// errCursor is the answer to a cursor that this feed cannot have given.
var errCursor = errors.New("after: a cursor is the number of a message that was published, or 0")

// A feed is a numbered sequence of texts that remembers the latest of them.
type feed struct {
	clients int         // guarded by the lock of the feeds
	left    time.Time   // when there was a client last; guarded by the lock of the feeds
	expiry  *time.Timer // runs while there is no client

	mu      sync.Mutex
	last    uint64   // number of the message that was published last
	kept    []string // the latest messages, up to last
	bytes   int      // of kept
	changed chan struct{}

	tallies [transports]tally
	meeting meeting
}

// publish adds a message. It never waits for a client.
func (f *feed) publish(text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	f.kept = append(f.kept, text)
	f.bytes += len(text)
	for len(f.kept) > maxKept || f.bytes > maxKeptBytes {
		f.bytes -= len(f.kept[0])
		f.kept[0] = "" // the array is still there
		f.kept = f.kept[1:]
	}
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
}

// published is the number of messages so far.
func (f *feed) published() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

// A batch is what there is after a cursor.
type batch struct {
	Next     uint64   `json:"next"` // the cursor to go on from: the number of the last message
	Lost     uint64   `json:"lost"` // how many between the cursor and the first message are no longer kept
	Messages []string `json:"messages"`
}

// number is that of a message of the batch.
func (b *batch) number(i int) uint64 {
	return b.Next - uint64(len(b.Messages)-1-i)
}

// after gives all that is kept after the cursor.
func (f *feed) after(cursor uint64) batch {
	f.mu.Lock()
	defer f.mu.Unlock()
	wanted := f.last - cursor
	n := min(wanted, uint64(len(f.kept)))
	return batch{
		Next:     f.last,
		Lost:     wanted - n,
		Messages: append(make([]string, 0, n), f.kept[uint64(len(f.kept))-n:]...),
	}
}

// await waits until there is a message after the cursor, or reports false when ctx ends first.
func (f *feed) await(ctx context.Context, cursor uint64) bool {
	for {
		f.mu.Lock()
		if f.last > cursor {
			f.mu.Unlock()
			return true
		}
		if f.changed == nil {
			f.changed = make(chan struct{})
		}
		changed := f.changed
		f.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// cursor reads the first of the given forms of a cursor that is not empty; if all are, it is 0.
func (f *feed) cursor(forms ...string) (uint64, error) {
	i := slices.IndexFunc(forms, func(s string) bool { return s != "" })
	if i < 0 {
		return 0, nil
	}
	n, err := strconv.ParseUint(forms[i], 10, 64)
	if err != nil || n > f.published() {
		return 0, errCursor
	}
	return n, nil
}
