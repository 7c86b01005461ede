package main

import (
	"net"
	"strings"
	"testing"
)

func TestListenLocalhost(t *testing.T) {
	listeners, err := listen("localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listeners[0].Addr().String())
	for _, l := range listeners {
		defer l.Close()
		ip := l.Addr().(*net.TCPAddr).IP
		if _, p, _ := net.SplitHostPort(l.Addr().String()); !ip.IsLoopback() || p != port {
			t.Errorf("listens on %s and %s", listeners[0].Addr(), l.Addr())
		}
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	}
	want := 1
	if six, err := net.Listen("tcp", "[::1]:0"); err == nil {
		six.Close()
		want = 2
	}
	if len(listeners) != want {
		t.Errorf("%d listeners, want %d", len(listeners), want)
	}
}

func TestListenTakenPort(t *testing.T) {
	for _, loopback := range []string{"127.0.0.1:0", "[::1]:0"} {
		other, err := net.Listen("tcp", loopback)
		if err != nil && loopback == "[::1]:0" {
			t.Skip("this machine has no ::1:", err)
		} else if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		_, port, _ := net.SplitHostPort(other.Addr().String())
		_, err = listen("localhost:" + port)
		if err == nil || !strings.Contains(err.Error(), "port "+port+" is taken") || !strings.Contains(err.Error(), "PORT=") {
			t.Errorf("%s: %v", other.Addr(), err)
		}
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); loopback == "[::1]:0" {
			if err != nil {
				t.Errorf("the first listener was left open: %v", err)
			} else {
				l.Close()
			}
		}
	}
}

func TestListenBadAddress(t *testing.T) {
	for _, addr := range []string{"8080", "localhost", "localhost:http:80", "localhost:99999", "localhost:none", "127.0.0.1:-1"} {
		if listeners, err := listen(addr); err == nil {
			listeners[0].Close()
			t.Errorf("%s: listens", addr)
		} else if !strings.Contains(err.Error(), "cannot listen on") || !strings.Contains(err.Error(), addr) {
			t.Errorf("%s: %v", addr, err)
		}
	}
}
