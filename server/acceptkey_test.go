package server

import "testing"

func TestSection4_2_2_AcceptKey(t *testing.T) {
	if got, want := acceptKey("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; got != want {
		t.Errorf("acceptKey = %q, want %q", got, want)
	}
}

func TestSection4_1_NewKey(t *testing.T) {
	a, b := newKey(), newKey()
	if !isKey(a) || a == b {
		t.Errorf("newKey gave %q, then %q: want 16 bytes in base64, and others each time", a, b)
	}
}

func TestSection4_2_1_IsKey(t *testing.T) {
	for key, want := range map[string]bool{
		"dGhlIHNhbXBsZSBub25jZQ==":     true,
		"AAAAAAAAAAAAAAAAAAAAAA==":     true,
		"AAAAAAAAAAAAAAAAAAAAAB==":     true, // unused bits
		"":                             false,
		"AAAAAAAAAAAAAAAAAAAAAA":       false, // no padding
		"AAAAAAAAAAAAAAAAAAAA":         false, // 15 bytes
		"AAAAAAAAAAAAAAAAAAAAAAA=":     false, // 17 bytes
		"AAAAAAAAAAAAAAAAAAAAAAAAAA":   false,
		"AAAAAAAAAAAAA AAAAAAAAA==":    false,
		"_-AAAAAAAAAAAAAAAAAAAA==":     false, // the alphabet for URLs
		"AAAAAAAAAA\r\nAAAAAAAAAAAA==": false,
	} {
		if got := isKey(key); got != want {
			t.Errorf("isKey(%q) = %v, want %v", key, got, want)
		}
	}
}
