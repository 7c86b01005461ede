package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/tandem/shared"
)

// fuzzAgreements are what a connection may have settled about compression.
var fuzzAgreements = []*agreement{nil, &bothTakeover, &noTakeover, {threshold: -1, receiveBits: 8, receiveTakeover: true, sendBits: 8, sendTakeover: true}}

func fuzzAgreement(which uint8) *agreement { return fuzzAgreements[int(which)%len(fuzzAgreements)] }

// plain is the inflater for what the peer of a has sent.
func (a *agreement) plain() plainInflater {
	if a == nil {
		return plainInflater{}
	}
	return plainInflater{on: true, takeover: a.receiveTakeover, bits: a.receiveBits}
}

// A delivery is how bytes get to a Conn and how its application takes what they say.
type delivery struct {
	early int    // so many bytes come with the opening handshake
	chops []byte // one piece for each: its size, and whether a pause goes before it; the rest comes whole
	calls []byte // one call of the receiver for each; then Receive
}

const (
	fuzzMessage = 3000 // Limits.Message
	fuzzPause   = time.Second
	fuzzWait    = 700 * time.Millisecond // of a call that gives up: no multiple of it ends together with a pause
)

// piece reads one chop.
func piece(chop byte) (size int, pause bool) {
	size = int(chop&0x3f) + 1
	if chop&0x80 != 0 {
		size *= 31
	}
	return size, chop&0x40 != 0
}

// An outcome is what an application saw of a connection, and what the peer saw.
type outcome struct {
	messages []shared.Message
	partial  []bool // the application gave up in the middle of this one
	last     error
	end      *shared.EndError
	stats    Stats
	wire     []byte // what the Conn sent
}

// deliver gives a stream to a Conn and ends it with a FIN.
func deliver(t *testing.T, client bool, a *agreement, stream []byte, d delivery) (o outcome) {
	synctest.Test(t, func(t *testing.T) {
		limits, err := Limits{Message: fuzzMessage, Heartbeat: -1}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		nc, peer := pipe()
		early := min(d.early, len(stream))
		c := newConn(nc, &setup{client: client, limits: limits, compression: a, early: stream[:early]})
		o = converse(t, c, peer, stream[early:], d)
	})
	return o
}

// converse plays both ends of a delivery: peer is the other end of c's transport.
func converse(t *testing.T, c *Conn, peer *pipeEnd, rest []byte, d delivery) (o outcome) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		o.receive(t, c, d.calls)
	}()
	sent := make(chan []byte)
	go func() {
		b, _ := io.ReadAll(peer)
		sent <- b
	}()
	for _, chop := range d.chops {
		size, pause := piece(chop)
		if pause {
			time.Sleep(fuzzPause)
		}
		size = min(size, len(rest))
		peer.Write(rest[:size]) // fails once the stream has ended the connection
		rest = rest[size:]
		synctest.Wait() // until it has been looked at
	}
	peer.Write(rest)
	time.Sleep(time.Duration(len(d.calls)+1) * fuzzPause) // until nobody gives up any more
	peer.CloseWrite()
	<-done
	o.wire = <-sent
	peer.Close()
	checkNothingLeft(t, c)
	o.end, o.stats = c.End(), c.Stats()
	return o
}

// receive receives until the end. Each of the calls chooses a method, whether it gives up after a while, and how much of
// a message it reads.
func (o *outcome) receive(t *testing.T, c *Conn, calls []byte) {
	prefix := []byte("prefix")
	for {
		var call byte
		if len(calls) > 0 {
			call, calls = calls[0], calls[1:]
		}
		ctx, cancel := context.Background(), func() {}
		if call&0x04 != 0 {
			ctx, cancel = context.WithTimeout(ctx, fuzzWait)
		}
		if call&0x08 != 0 {
			wait, cancel := context.WithTimeout(context.Background(), fuzzWait/7)
			c.Ping(wait)
			cancel()
		}
		var op shared.Opcode
		var payload []byte
		var err error
		part := false
		switch call & 0x03 {
		case 0:
			if call&0x10 != 0 {
				op, payload, err = borrow(t, ctx, c, call&0x20 != 0)
				break
			}
			var m shared.Message
			m, err = c.Receive(ctx)
			op, payload = m.Opcode, m.Payload
		case 1:
			var b []byte
			op, b, err = c.ReceiveAppend(ctx, slices.Clip(prefix))
			payload = b[len(prefix):]
			if !bytes.HasPrefix(b, prefix) || err != nil && len(payload) > 0 {
				t.Errorf("ReceiveAppend gave back %q with %v", b, err)
			}
		default:
			op, payload, part, err = readStream(ctx, c, int(call>>4), call&0x03 == 3)
		}
		cancel()
		if err == nil || part {
			o.messages = append(o.messages, shared.Message{Opcode: op, Payload: payload})
			o.partial = append(o.partial, part)
		}
		var late *ContextError
		if err != nil && !errors.As(err, &late) {
			o.last = err
			return
		}
	}
}

// borrow receives with Next, and looks whether the message stays as it is when a Ping reads meanwhile and others use buffers.
func borrow(t *testing.T, ctx context.Context, c *Conn, ping bool) (shared.Opcode, []byte, error) {
	m, err := c.Next(ctx)
	before := bytes.Clone(m.Payload)
	if ping {
		wait, cancel := context.WithTimeout(context.Background(), fuzzWait/7)
		c.Ping(wait)
		cancel()
	}
	overwriteBuffers()
	if !bytes.Equal(before, m.Payload) {
		t.Errorf("a message has changed from %q to %q", before, m.Payload)
	}
	return m.Opcode, before, err
}

// readStream reads a message with a reader, size+1 bytes at a time, and gives it up after size of them if abandon is
// set. part says that it has begun and was not read to its end.
func readStream(ctx context.Context, c *Conn, size int, abandon bool) (op shared.Opcode, payload []byte, part bool, err error) {
	op, r, err := c.NextReader(ctx)
	if err != nil {
		return 0, nil, false, err
	}
	buf := make([]byte, size+1)
	if abandon {
		n, err := io.ReadFull(r, buf[:size])
		if err == io.EOF || err == io.ErrUnexpectedEOF { // the message is shorter
			err = nil
		}
		return op, buf[:n], true, err
	}
	for {
		n, err := r.Read(buf)
		payload = append(payload, buf[:n]...)
		if err == io.EOF {
			return op, payload, false, nil
		}
		if err != nil {
			return op, payload, true, err
		}
	}
}

// check compares an outcome with what a plain reader hears.
func (o outcome) check(t *testing.T, client bool, want hearing) {
	t.Helper()
	if e := o.end; e != nil && e.Layer == shared.LayerViolation && e.Code != want.code && slices.Contains(want.early, e.Code) {
		want.how, want.code = "violation", e.Code
	}
	if e := o.end; e != nil && want.early != nil && e.Layer == shared.LayerViolation {
		want.how = "violation"
		if n := len(hear(o.wire, client, 1<<40).pongs); n < len(want.pings) { // it may have stopped before the last of them
			want.pings = want.pings[:n]
		}
	}
	all := want.messages
	if want.begun != nil {
		all = append(slices.Clip(all), *want.begun)
	}
	if n := len(o.messages); n < len(want.messages) || n > len(all) || n == len(all) && want.begun != nil && !o.partial[n-1] {
		t.Fatalf("%d messages of %d, begun %v", n, len(want.messages), want.begun)
	}
	for i, m := range o.messages {
		if m.Opcode != all[i].Opcode || !bytes.HasPrefix(all[i].Payload, m.Payload) || !o.partial[i] && len(m.Payload) != len(all[i].Payload) {
			t.Fatalf("message %d: %v %q, want %v %q", i, m.Opcode, m.Payload, all[i].Opcode, all[i].Payload)
		}
	}
	var size int
	for _, m := range want.messages {
		size += len(m.Payload)
	}
	if o.stats.MessagesReceived != uint64(len(want.messages)) || o.stats.BytesReceived != uint64(size) {
		t.Errorf("counted %+v, want %d messages of %d bytes", o.stats, len(want.messages), size)
	}
	o.checkEnd(t, want)
	o.checkWire(t, client, want)
}

// checkEnd checks what the application was told about the end.
func (o outcome) checkEnd(t *testing.T, want hearing) {
	t.Helper()
	e := o.end
	if e == nil || e.Code != want.code {
		t.Fatalf("ended with %v", e)
	}
	var broke *shared.Violation
	normal := false
	switch want.how {
	case "EOF":
		if e.By != shared.PartyPeer || e.Layer != shared.LayerTCP || !errors.Is(o.last, io.ErrUnexpectedEOF) {
			t.Errorf("EOF: ended with %v, received %v", e, o.last)
		}
	case "violation":
		if e.By != shared.PartyLocal || e.Layer != shared.LayerViolation || !errors.As(o.last, &broke) || broke.Code != want.code {
			t.Errorf("violation: ended with %v, received %v", e, o.last)
		}
	case "Close":
		if e.By != shared.PartyPeer || e.Layer != shared.LayerClosingHandshake || e.Reason != want.reason || (want.begun != nil) != errors.Is(e, io.ErrUnexpectedEOF) {
			t.Errorf("Close: ended with %v, received %v", e, o.last)
		}
		normal = want.begun == nil && (want.code == 1000 || want.code == 1001 || want.code == 1005)
	}
	if normal && o.last == io.EOF {
		return
	}
	var told *shared.EndError
	if normal || o.last == io.EOF || !errors.Is(o.last, shared.ErrClosed) || !errors.Is(o.last, net.ErrClosed) || !errors.As(o.last, &told) {
		t.Errorf("received %v at the end %v", o.last, e)
	}
}

// checkWire checks what the Conn sent: a Pong for each Ping, its own Pings, and what the end calls for.
func (o outcome) checkWire(t *testing.T, client bool, want hearing) {
	t.Helper()
	back := hear(o.wire, client, 1<<40)
	how, code := "EOF", shared.StatusCode(1006)
	if want.how != "EOF" {
		how, code = "Close", want.code
	}
	if back.how != how || back.code != code || back.behind != 0 || want.how == "Close" && back.reason != "" || len(back.messages) > 0 || back.begun != nil {
		t.Fatalf("it sent %v", back)
	}
	// More than waits may be left out, but never the latest (§5.5.3).
	size := 0
	for _, p := range want.pings {
		size += 6 + len(p)
	}
	if !slices.EqualFunc(back.pongs, want.pings, bytes.Equal) && (size <= maxControlWaiting || !latest(back.pongs, want.pings)) {
		t.Errorf("Pongs %.200q for Pings %.200q", back.pongs, want.pings)
	}
}

// latest reports whether got is some of want in their order, with the last.
func latest(got, want [][]byte) bool {
	if len(got) == 0 || !bytes.Equal(got[len(got)-1], want[len(want)-1]) {
		return false
	}
	for _, p := range want {
		if len(got) > 0 && bytes.Equal(got[0], p) {
			got = got[1:]
		}
	}
	return len(got) == 0
}

// fuzzStreams are the seeds: every rule of RFC 6455 that a stream of frames can keep or break, as a server sends it.
func fuzzStreams() (streams []string) {
	for _, x := range legal {
		streams = append(streams, x.in, x.in+"| 88 02 03 e8")
	}
	for _, x := range illegal {
		streams = append(streams, x.in+"| 81 04 6a 75 6e 6b")
	}
	streams = append(streams, "", "81", "81 7e", "81 7e 00", "81 7f 00 00 00 00 00 00", "82 7f 00 00 00 00 00 01 00", "82 05 61", "01 00 | 89",
		"01 03 e2 82 ac | 88 02 03 e8", "88 00", "88 02 0f a0", frame(0x88, "\x03\xe9bis später"), "88 02 03 e8 | 81 01 61 | 89 00",
		frame(0x82, strings.Repeat("x", fuzzMessage)), frame(0x82, strings.Repeat("x", fuzzMessage+1)),
		frame(0x01, strings.Repeat("x", fuzzMessage-1))+"| 00 01 78 | 80 01 78",
		"02 00"+strings.Repeat("| 00 00", maxEmptyFragments-1)+"| 80 00", "02 00"+strings.Repeat("| 00 00", maxEmptyFragments),
		"81 01 61"+strings.Repeat("| 89 01 70", 40), "01 01 61"+strings.Repeat("| 89 02 70 71 | 00 01 62", 30)+"| 80 00",
		frame(0x81, strings.Repeat("aé€😀", 100))+"|"+frame(0x82, strings.Repeat("b", 126)))
	return streams
}

// deflatedStreams are the seeds for RFC 7692.
var deflatedStreams = []string{
	"c1 07 f2 48 cd c9 c9 07 00 | c1 05 f2 00 11 00 00", "41 03 f2 48 cd | 89 01 70 | 80 04 c9 c9 07 00 | 88 02 03 e8",
	"c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00", "c1 08 f3 48 cd c9 c9 07 00 00", "c1 07 f3 48 cd c9 c9 07 00", "c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00",
	"c1 10 f3 48 cd c9 c9 07 00 f3 48 cd c9 c9 07 00 03 00", "c1 0c f3 48 cd c9 c9 07 00 f2 00 11 00 00", "c1 01 00 | 41 00 | 80 01 00 | 81 01 61",
	"c1 00", "c1 02 06 00", "c1 03 f2 48 cd", "c1 0b f2 48 cd c9 c9 07 00 00 00 ff ff", "c9 00", "41 03 f2 48 cd | c0 04 c9 c9 07 00",
	"41 09 00 04 00 fb ff 61 62 ff 63 | 00 05 00 00 00 ff ff", "41 06 00 01 00 fe ff c3 | 80 0a 00 02 00 fd ff 00 00 01 00 00",
	frame(0xc2, deflated(strings.Repeat("\x00", fuzzMessage))) + "|" + frame(0xc2, deflated(strings.Repeat("ab", 50))),
	frame(0xc2, deflated(strings.Repeat("\x00", fuzzMessage+1))), frame(0xc1, deflated(strings.Repeat("aé€😀", 100))+"\x00"),
}

type conformanceSeed struct {
	client bool // the Conn is
	which  uint8
	stream []byte
}

// conformanceSeeds are what the conformance suite sends in some of its cases. From interop they are made anew by
// go run ./cmd/conform -seeds ../server/testdata/conform.txt.
func conformanceSeeds(t testing.TB) (seeds []conformanceSeed) {
	t.Helper()
	file, err := os.ReadFile("testdata/conform.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(file)) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			t.Fatalf("testdata/conform.txt: %q", line)
		}
		seed := conformanceSeed{client: fields[0] == "client", stream: unhex(fields[2])}
		if strings.HasPrefix(fields[1], "deflate.") {
			seed.which = 1
		}
		seeds = append(seeds, seed)
	}
	if len(seeds) < 100 {
		t.Fatalf("testdata/conform.txt has %d seeds", len(seeds))
	}
	return seeds
}

var fuzzDeliveries = []delivery{
	{},
	{chops: bytes.Repeat([]byte{0}, 64), calls: []byte{0x14, 0x25, 0x36, 0x47, 0x58}}, // one byte at a time
	{early: 3, chops: bytes.Repeat([]byte{0x41, 0x02}, 20), calls: bytes.Repeat([]byte{0x04, 0x05, 0x06, 0x0c}, 8)},
	{early: 100, chops: []byte{0x8f, 0xc4, 0x00, 0x40}, calls: []byte{0xf2, 0x33, 0x13, 0x01, 0x09, 0x03}},
}

// FuzzConnection gives any bytes to a Conn in both roles, cut anywhere and received in any way. The same is received,
// answered and told about the end as when they come whole, and as a plain reader of RFC 6455 hears.
func FuzzConnection(f *testing.F) {
	add := func(i int, which uint8, stream string) {
		for _, client := range []bool{false, true} {
			d := fuzzDeliveries[i%len(fuzzDeliveries)]
			f.Add(client, which, frames(stream, !client), uint16(d.early), d.chops, d.calls)
		}
	}
	for i, stream := range fuzzStreams() {
		add(i, 0, stream)
	}
	for i, stream := range deflatedStreams {
		add(i, uint8(i%4), stream)
		add(i+1, 1, stream)
	}
	for i, seed := range conformanceSeeds(f) {
		d := fuzzDeliveries[i%len(fuzzDeliveries)]
		f.Add(seed.client, seed.which, seed.stream, uint16(d.early), d.chops, d.calls)
	}
	f.Fuzz(func(t *testing.T, client bool, which uint8, stream []byte, early uint16, chops, calls []byte) {
		if len(stream) > 16<<10 || len(chops) > 200 || len(calls) > 50 {
			return
		}
		a := fuzzAgreement(which)
		want := hearDeflated(stream, !client, fuzzMessage, a.plain())
		deliver(t, client, a, stream, delivery{}).check(t, client, want)
		deliver(t, client, a, stream, delivery{int(early), chops, calls}).check(t, client, want)
		if t.Failed() {
			t.Logf("a plain reader hears %v", want)
		}
	})
}
