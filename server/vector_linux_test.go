package server

import (
	"bytes"
	"errors"
	"syscall"
	"testing"
)

// FuzzVector holds writeVector and writeEach equal: on sockets that take so much and no more, both hand over the same
// bytes.
func FuzzVector(f *testing.F) {
	f.Add([]byte("first"), []byte("second"), []byte("third"), uint16(1))
	f.Add([]byte(nil), []byte("a"), []byte(nil), uint16(100))
	f.Add([]byte("head"), []byte("payload"), []byte("head"), uint16(60_000))
	f.Fuzz(func(t *testing.T, first, second, third []byte, times uint16) {
		second = bytes.Repeat(second, int(times)%1000)
		third = bytes.Repeat(third, int(times))
		if len(first)+len(second)+len(third) > 4<<20 {
			return
		}
		more := [][]byte{second, third, nil, first}
		all := append(bytes.Clone(first), bytes.Join(more, nil)...)
		for _, write := range []func(uintptr, []byte, [][]byte) (int, error){writeVector, writeEach} {
			pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			n, err := write(uintptr(pair[0]), first, more)
			if err != nil || n < min(len(all), 10_000) {
				t.Errorf("%d of %d bytes, %v", n, len(all), err)
			}
			syscall.Close(pair[0])
			got := make([]byte, 0, n)
			for b := make([]byte, 64<<10); ; {
				m, err := syscall.Read(pair[1], b)
				if m <= 0 || err != nil {
					break
				}
				got = append(got, b[:m]...)
			}
			syscall.Close(pair[1])
			if !bytes.Equal(got, all[:n]) {
				t.Errorf("%d bytes arrived, not the first %d", len(got), n)
			}
			if _, err := write(^uintptr(0), []byte("a"), more); !errors.Is(err, syscall.EBADF) {
				t.Errorf("a descriptor that is none: %v", err)
			}
		}
	})
}

// TestWritePieces writes more pieces than one system call takes.
func TestWritePieces(t *testing.T) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(pair[0])
	defer syscall.Close(pair[1])
	for _, write := range []func(uintptr, []byte, [][]byte) (int, error){writeVector, writeEach} {
		more := bytes.Split([]byte("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), nil)
		n, err := write(uintptr(pair[0]), []byte("first"), more)
		got := make([]byte, 100)
		m, _ := syscall.Read(pair[1], got)
		if want := "first0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"; n != len(want) || err != nil || string(got[:m]) != want {
			t.Errorf("%d, %v: %q", n, err, got[:m])
		}
	}
}
