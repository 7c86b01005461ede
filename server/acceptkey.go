package server

import (
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
)

// acceptKey is the value of Sec-WebSocket-Accept that proves that the server has read key, the client's
// Sec-WebSocket-Key, as a WebSocket handshake (RFC 6455 §4.2.2, step 5.4).
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// newKey is a fresh Sec-WebSocket-Key: 16 random bytes in base64 (RFC 6455 §4.1).
func newKey() string {
	var nonce [16]byte
	rand.Read(nonce[:]) // never fails: it crashes the program instead
	return base64.StdEncoding.EncodeToString(nonce[:])
}

// isKey reports whether a Sec-WebSocket-Key is 16 bytes in base64 (RFC 6455 §4.2.1). The unused low bits of
// its last digit may be anything: the RFC asks only for what it decodes to.
func isKey(key string) bool {
	nonce, err := base64.StdEncoding.DecodeString(key)
	return err == nil && len(nonce) == 16 && len(key) == 24
}
