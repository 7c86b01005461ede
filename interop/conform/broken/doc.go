// Package broken has echo peers for the conformance suite to fail: a server and a client that keep every rule of RFC
// 6455 and RFC 7692 but the one that their [Fault] names. The honest peer, whose fault is nil, keeps them all.
//
// The peers share nothing with this project's own ends, nor with another library: net, bufio and two DEFLATE packages
// are all they use. They are made to be read, one goroutine for each connection, and not to be fast.
package broken
