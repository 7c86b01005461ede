package server

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/tandem/shared"
)

// The tests speak to a Conn in bytes. Frames are written in hexadecimal as a server sends them, "|" between two, and
// a peer that plays the client masks them on the way with the key of RFC 6455 §5.7. The code here shares nothing with
// the code it tests.

var wireKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// blanks takes out what separates bytes and frames. What has none, like a long frame made here, it only scans.
var blanks = strings.NewReplacer(" ", "", "|", "", "\n", "", "\t", "")

// unhex reads hexadecimal with blanks anywhere.
func unhex(s string) []byte {
	b, err := hex.DecodeString(blanks.Replace(s))
	if err != nil {
		panic(err)
	}
	return b
}

// wireHeaderLen is the length of a header without its masking key.
func wireHeaderLen(second byte) int {
	switch second & 0x7f {
	case 126:
		return 4
	case 127:
		return 10
	}
	return 2
}

// maskFrame turns a frame of a server into one of a client, also when it is cut short or its length is a lie.
func maskFrame(b []byte) []byte {
	b = bytes.Clone(b)
	if len(b) < 2 {
		return b
	}
	b[1] |= 0x80
	n := wireHeaderLen(b[1])
	if len(b) < n {
		return b
	}
	masked := append(b[:n:n], wireKey[:]...)
	masked = append(masked, b[n:]...)
	xorWith(masked[n+4:], wireKey)
	return masked
}

// xorWith masks b, or unmasks it.
func xorWith(b []byte, key [4]byte) {
	subtle.XORBytes(b, b, bytes.Repeat(key[:], len(b)/4+1))
}

// frames turns frames in hexadecimal into bytes.
func frames(s string, masked bool) []byte {
	var all []byte
	for f := range strings.SplitSeq(s, "|") {
		b := unhex(f)
		if masked {
			b = maskFrame(b)
		}
		all = append(all, b...)
	}
	return all
}

// frame is one unmasked frame in hexadecimal, with the shortest length.
func frame(first byte, payload string) string {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = append(b, 126, byte(n>>8), byte(n))
	default:
		b = append(b, 127, 0, 0, 0, 0, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
	return hex.EncodeToString(append(b, payload...))
}

// A wirePeer is the other end of a Conn.
type wirePeer struct {
	net.Conn
	t        testing.TB
	client   bool          // it plays the client
	patience time.Duration // for what is expected
}

func (p *wirePeer) send(s string)     { p.t.Helper(); p.sendBytes(frames(s, p.client)) }
func (p *wirePeer) sendText(s string) { p.t.Helper(); p.send(frame(0x81, s)) }

func (p *wirePeer) sendBytes(b []byte) {
	p.t.Helper()
	p.SetWriteDeadline(time.Now().Add(p.patience))
	if _, err := p.Write(b); err != nil {
		p.t.Errorf("the peer could not send: %v", err)
	}
}

// sendChopped sends one byte at a time.
func (p *wirePeer) sendChopped(s string) {
	p.t.Helper()
	b := frames(s, p.client)
	for i := range b {
		if _, err := p.Write(b[i : i+1]); err != nil {
			return // the connection may have been failed meanwhile
		}
	}
}

// next reads one frame and returns it as a server would have sent it.
func (p *wirePeer) next() ([]byte, error) {
	p.SetReadDeadline(time.Now().Add(p.patience))
	defer p.SetReadDeadline(time.Time{})
	b := make([]byte, 2, 16)
	if _, err := io.ReadFull(p, b); err != nil {
		return nil, err
	}
	if masked := b[1]&0x80 != 0; masked == p.client {
		p.t.Errorf("a frame that begins with % x: masked is %v", b, masked)
	}
	n := wireHeaderLen(b[1])
	var key [4]byte
	if b[1]&0x80 != 0 {
		n += 4
	}
	b = b[:n]
	if _, err := io.ReadFull(p, b[2:]); err != nil {
		return nil, err
	}
	if b[1]&0x80 != 0 {
		key = [4]byte(b[n-4:])
		b, b[1] = b[:n-4], b[1]&0x7f
	}
	length := int(b[1])
	if length > 125 {
		length = 0
		for _, v := range b[2:] {
			length = length<<8 | int(v)
		}
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(p, payload); err != nil {
		return nil, err
	}
	xorWith(payload, key)
	return append(b, payload...), nil
}

// expect reads frames that must be these.
func (p *wirePeer) expect(s string) {
	p.t.Helper()
	for f := range strings.SplitSeq(s, "|") {
		want := unhex(f)
		got, err := p.next()
		if err != nil {
			p.t.Fatalf("expected %.80x, got %v", want, err)
		}
		if !bytes.Equal(got, want) {
			p.t.Fatalf("expected % .80x, got % .80x", want, got)
		}
	}
}

// expectClose reads a Close frame with this code, and returns its reason.
func (p *wirePeer) expectClose(code shared.StatusCode) string {
	p.t.Helper()
	b, err := p.next()
	if err != nil {
		p.t.Fatalf("expected a Close frame with %d, got %v", code, err)
	}
	if len(b) < 4 || b[0] != 0x88 || b[2] != byte(code>>8) || b[3] != byte(code) {
		p.t.Fatalf("expected a Close frame with %d, got % x", code, b)
	}
	return string(b[4:])
}

// expectEnd waits for the end of TCP: a FIN, not a reset.
func (p *wirePeer) expectEnd() {
	p.t.Helper()
	p.SetReadDeadline(time.Now().Add(p.patience))
	if n, err := p.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		p.t.Fatalf("expected TCP to end, got %d bytes, %v", n, err)
	}
}

// Byte streams to test on.

func tcpConns(t testing.TB) (a, b net.Conn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if a, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	if testing.Short() { // the kernel is full sooner
		a.(*net.TCPConn).SetWriteBuffer(256 << 10)
		b.(*net.TCPConn).SetWriteBuffer(256 << 10)
	}
	return a, b
}

func pipeConns(testing.TB) (a, b net.Conn) { return pipe() }

func tlsTCPConns(t testing.TB) (a, b net.Conn) { return overTLS(tcpConns(t)) }

func overTLS(a, b net.Conn) (net.Conn, net.Conn) {
	return tls.Client(a, &tls.Config{InsecureSkipVerify: true}), tls.Server(b, &tls.Config{Certificates: []tls.Certificate{wireCertificate()}})
}

var wireCertificate = sync.OnceValue(func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
})

// wireTransports are the streams that every rule is tested on.
var wireTransports = []struct {
	name string
	make func(testing.TB) (a, b net.Conn)
}{{"pipe", pipeConns}, {"tcp", tcpConns}, {"tls", tlsTCPConns}}

// newWire makes a Conn and the peer to test it with. client says what the Conn is.
func newWire(t testing.TB, make func(testing.TB) (a, b net.Conn), client bool, l Limits) (*Conn, *wirePeer) {
	t.Helper()
	l, err := l.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	a, b := make(t)
	if !client {
		a, b = b, a
	}
	shake(t, a, b)
	c := newConn(a, &setup{client: client, limits: l})
	t.Cleanup(func() { c.CloseNow(); b.Close() })
	return c, &wirePeer{Conn: b, t: t, client: !client, patience: 10 * time.Second}
}

// shake does the handshake of TLS, if these are two ends of it.
func shake(t testing.TB, a, b net.Conn) {
	if a, ok := a.(*tls.Conn); ok {
		done := make(chan error, 1)
		go func() { done <- a.Handshake() }()
		if err := b.(*tls.Conn).Handshake(); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

// newPair makes two Conns that talk to each other.
func newPair(t testing.TB, make func(testing.TB) (a, b net.Conn), l Limits) (client, server *Conn) {
	t.Helper()
	return newAgreedPair(t, make, l, nil)
}

// newAgreedPair is newPair with what the opening handshake has agreed on: that is there before the heartbeat is.
func newAgreedPair(t testing.TB, make func(testing.TB) (a, b net.Conn), l Limits, a *agreement) (client, server *Conn) {
	t.Helper()
	l, err := l.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	x, y := make(t)
	shake(t, x, y)
	client, server = newConn(x, &setup{client: true, limits: l, compression: a}), newConn(y, &setup{limits: l, compression: a})
	t.Cleanup(func() { client.CloseNow(); server.CloseNow() })
	return client, server
}

// eachEnd runs a test with a Conn in both roles on every transport.
func eachEnd(t *testing.T, l Limits, test func(t *testing.T, c *Conn, p *wirePeer)) {
	for _, transport := range wireTransports {
		for _, role := range []string{"server", "client"} {
			t.Run(role+"/"+transport.name, func(t *testing.T) {
				t.Parallel()
				c, p := newWire(t, transport.make, role == "client", l)
				test(t, c, p)
			})
		}
	}
}

// eachTransport runs a test with two Conns on every transport.
func eachTransport(t *testing.T, l Limits, test func(t *testing.T, client, server *Conn)) {
	for _, transport := range wireTransports {
		t.Run(transport.name, func(t *testing.T) {
			t.Parallel()
			client, server := newPair(t, transport.make, l)
			test(t, client, server)
		})
		t.Run(transport.name+"/compressed", func(t *testing.T) {
			t.Parallel()
			client, server := newAgreedPair(t, transport.make, l, &bothTakeover)
			test(t, client, server)
		})
	}
}

// echoAll sends back what is received, until the connection or the context ends, and returns the error that it met.
func echoAll(ctx context.Context, c *Conn) error {
	var b []byte
	for {
		op, p, err := c.ReceiveAppend(ctx, b[:0])
		if err != nil {
			return err
		}
		if err := c.Send(ctx, shared.Message{Opcode: op, Payload: p}); err != nil {
			return err
		}
		b = p
	}
}
