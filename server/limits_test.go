package server

import (
	"math"
	"testing"
	"time"
)

func TestLimitsDefaults(t *testing.T) {
	got, err := Limits{}.withDefaults()
	want := Limits{Message: 16 << 20, Outgoing: 128 << 10, Handshake: 10 * time.Second, Write: 30 * time.Second,
		Close: 5 * time.Second, Heartbeat: 30 * time.Second}
	if got != want || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	kept := Limits{Message: 1, Outgoing: 4096, Handshake: 1, Write: 1, Close: 1, Heartbeat: -1}
	if got, err := kept.withDefaults(); got != kept || err != nil {
		t.Errorf("%+v became %+v, %v", kept, got, err)
	}
}

func TestLimitsOfThePlatform(t *testing.T) {
	got, err := Limits{Message: math.MaxInt64}.withDefaults()
	if got.Message != math.MaxInt || err != nil { // a message has to fit into a slice
		t.Errorf("%+v, %v", got, err)
	}
}

func TestLimitsRefused(t *testing.T) {
	for _, l := range []Limits{{Message: -1}, {Outgoing: -1}, {Outgoing: 4095}, {Handshake: -1}, {Write: -1}, {Close: -1}} {
		if got, err := l.withDefaults(); err == nil {
			t.Errorf("%+v was taken for %+v", l, got)
		}
	}
}
