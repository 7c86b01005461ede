// Package server is a WebSocket endpoint (RFC 6455) for Go: a strict server on the TCP connection hijacked from
// net/http, and a client that shares its Conn. This page says what a Conn promises. Each sentence has its test, in
// doc_test.go or, about handing over, in the handle tests; that of a handler that computes is vigil_linux_test.go's, that of a
// foreign deadline role_test.go's.
//
// # Sending
//
// Send returns nil once the whole message is with the kernel, or among the outgoing bytes, which are bounded
// (Limits.Outgoing, 128 KiB). Its context governs the wait for room among them and nothing else. When Send fails,
// nothing of the message was sent, with one exception: a message longer than the bound leaves in fragments, and can be
// cut in the middle by the end of the connection or by its context, which then ends the connection. Messages leave in
// the order in which Send accepted them. The payload is never modified. Text that is not UTF-8 is refused. What waits when
// the connection ends is lost, and so is what the network refuses because the connection has broken: Receive and End tell.
//
// Whoever sends over TCP or a unix socket while nobody writes hands the bytes to the kernel at once, without waiting.
// What the kernel does not take, and everything over TLS, another net.Conn or with a Trace, is written by a goroutine
// that lives until all is written. A message alone leaves at once. Replies gather while the receiver has more whole
// frames in its buffer; they leave together before it waits for the network, and after 2 ms in any case: no reply waits
// on what the application does next. Pings and Pongs go before data that waits, between frames. The receiver never waits
// for a Pong to leave; when too many wait, the latest is kept. The Close frame goes last: Close waits for a message
// that Send is in the middle of.
//
// The message writer of NextWriter holds the turn of sending: other messages wait within their contexts until it is
// closed, and Ping, Pong and Close go in between.
//
// Broadcast sends a Prepared message to many connections and never waits for one. A connection without room for it among
// its outgoing bytes is slow: SkipSlow leaves the message out there, CloseSlow closes the connection with 1008, and no
// other is delayed. A message that could take more than the bound is not for Broadcast, which then returns
// ErrTooLongToBroadcast. The frame is made once, and no memory is allocated for a connection. While another message is
// being sent the broadcast one waits behind it, among the outgoing bytes, and goes before those that wait for their turn.
//
// # Receiving
//
// One goroutine receives; a second one gets ErrConcurrentReceive and harms nothing. While nobody receives, Ping, Close
// and the heartbeat read in the receiver's place: they deal with control frames and stop at a data frame, which stays
// for Receive (except after Close, see below). Nobody else reads: a Conn on which nothing is called answers no Ping
// before the heartbeat looks.
//
// A context that ends while Receive waits harms nothing: the next call goes on at the same byte, and also a message
// half received is not lost. Next lends a message: until the next one is asked for it stays as it is, and a connection that
// waits holds no memory for it. ReceiveAppend gives back b as long as it was when it fails. What is left of a message
// whose reader was abandoned is discarded by the next receive, and the old reader then gives ErrAbandoned.
//
// # Handing over
//
// Handle gives a connection to a MessageHandler and returns. Message is called for each message, in order and never twice
// at once; End once, last, with what Receive would give. All else on this page holds as it stands. Message may block: that
// holds up its own connection alone, and what was sent before leaves all the same. It may compute, and shares the processor
// as any goroutine does. It is not a dead peer: the heartbeat reads in its place. Receive gives ErrConcurrentReceive from
// then on. An error of Message closes the connection as one of Handler's function does; a panic closes it with 1011, and
// others go on. Over exactly TCP and unix sockets on Linux a connection that waits has no goroutine, no stack and no buffer;
// elsewhere it has a goroutine.
//
// # Compression
//
// permessage-deflate (RFC 7692) is off until both ends ask for it, ours with a Compression. A message is compressed if it
// has at least 64 bytes and becomes shorter by it; its context is kept for the next, unless the peer wants otherwise or
// cannot limit its window. Messages in fragments and streams are compressed fragment by fragment, each of which can be
// inflated when it arrives. Limits.Message counts inflated bytes, while they are inflated. What does not inflate ends the
// connection with 1007. A connection that waits holds at most 24 KiB for compression, and without context takeover
// nothing; one that has received part of a compressed message holds some 60 KiB more, and a goroutine, until it has the
// rest.
//
// A Prepared message goes to many connections and is compressed once for all that keep no context.
//
// # Looking in
//
// A Trace is shown each frame as it is on the wire: a received one when it is whole, a sent one before the network gets
// it. It is called without a lock held, can't change what is sent, and holds up its own connection alone.
//
// # Limits
//
// They are on by default. A zero in Limits means the default:
//
//	Message    16 MiB   one received message, the sum of its fragments; longer: 1009, when a header claims it
//	           1,024    empty fragments in a message; more: 1008. Fragments with bytes are not counted.
//	Outgoing   128 KiB  data that waits to be sent; beside it up to about 4 KiB of control frames
//	Handshake  10 s     for the response in Accept, for the whole of Dial
//	Write      30 s     for the network to take what waits
//	Close      5 s      for the peer's answer to Close
//	Heartbeat  30 s     of silence, at most twice that, before a Ping, and again for any answer; negative: off
//
// Memory follows the bytes that arrive, never a length that a peer claims. Unread data in front suspends the heartbeat
// of this end: a slow application is not a dead peer. (The peer's own heartbeat may judge otherwise: the answer to its
// Ping waits behind that data.)
//
// # The end
//
// Close sends what waits, then a Close frame, and waits for the peer's; from then on received data is discarded, as it
// is in a browser. (Were it kept for Receive, Close would wait out its limit whenever data is in front and nobody
// receives any more, which is what most callers of Close have left behind.) Close returns nil when both Close frames
// were exchanged, whoever began. A server then closes TCP at once; a client waits for that within Limits.Close. Two
// Closes that cross are clean. After Limits.Close without an answer the connection ends anyway.
//
// After a violation the peer gets a Close frame with the code, its input is discarded for up to 2 s or 4 MiB, and only
// then TCP is closed: closing it with input unread would reset it, and the peer would not see the code. CloseNow does not
// cut that short, nor the answer to a Close frame.
//
// When sending fails, what the peer said before it left can still be received, for up to Limits.Close.
//
// A connection ends once, and End tells who ended it, in which layer, with which code and reason. What ended it, and
// what Receive gives after that:
//
//	closing handshake with 1000, 1001 or no code       io.EOF (no code, 1005, is what a page's close() sends)
//	the same in the middle of a message                *shared.EndError, matches io.ErrUnexpectedEOF
//	closing handshake with any other code              *shared.EndError, *shared.CloseError
//	the peer broke a rule or a limit                   *shared.EndError, *shared.Violation; layer violation
//	TCP or TLS ended without a Close frame             *shared.EndError, io.ErrUnexpectedEOF; 1006; layer TCP or TLS
//	TCP or TLS failed                                  *shared.EndError, the network's error; 1006
//	over 100 reads in a row end at foreign deadlines   the same, os.ErrDeadlineExceeded
//	Limits.Write, Close or Heartbeat                   *shared.EndError, os.ErrDeadlineExceeded; layer time limit
//	a context cut a message that Send had begun        *shared.EndError, the context's error; layer context
//	CloseNow                                           *shared.EndError; layer local
//
// Every one of these matches shared.ErrClosed and net.ErrClosed, except io.EOF itself. Send gives the same, but for
// io.EOF the *shared.EndError. Between the Close frame and the end it gives an error that matches shared.ErrClosed.
// Context is cancelled with the end as its cause. When a connection has ended, no goroutine, descriptor or buffer of it
// is left.
package server
