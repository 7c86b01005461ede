package server

import (
	"bytes"
	"errors"
	"syscall"
	"testing"
)

// trainWriters are writeTrain and its twin, which makes a call for each piece.
var trainWriters = []func(fd int32, first []byte, more [][]byte) (int, error){
	writeTrain,
	func(fd int32, first []byte, more [][]byte) (int, error) { return writeEach(uintptr(fd), first, more) },
}

// FuzzWriteTrain holds them equal: on sockets that take so much and no more, both hand over the same bytes.
func FuzzWriteTrain(f *testing.F) {
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
		for _, write := range trainWriters {
			pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			n, err := write(int32(pair[0]), first, more)
			if err != nil && err != syscall.EAGAIN || n < min(len(all), 10_000) {
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
			if _, err := write(-1, []byte("a"), more); !errors.Is(err, syscall.EBADF) {
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
	for _, write := range trainWriters {
		more := bytes.Split([]byte("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), nil)
		n, err := write(int32(pair[0]), []byte("first"), more)
		got := make([]byte, 100)
		m, _ := syscall.Read(pair[1], got)
		if want := "first0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"; n != len(want) || err != nil || string(got[:m]) != want {
			t.Errorf("%d, %v: %q", n, err, got[:m])
		}
	}
}

// TestWriteTrainGoesOn writes more than one system call moves.
func TestWriteTrainGoesOn(t *testing.T) {
	all := make([]byte, longCall+60_000)
	for i := range all {
		all[i] = byte(i + i>>8 + i>>16)
	}
	for _, cuts := range [][]int{
		{0, 5, longCall + 5, len(all)},
		{longCall, longCall + 1, len(all)},
		{longCall - 1, longCall, longCall, len(all)},
		{len(all) - 2, len(all) - 1},
	} {
		var more [][]byte
		for i, cut := range cuts[1:] {
			more = append(more, all[cuts[i]:cut])
		}
		for i, write := range trainWriters {
			pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			syscall.SetsockoptInt(pair[0], syscall.SOL_SOCKET, syscall.SO_SNDBUF, 2*len(all))
			want := all[:cuts[len(cuts)-1]]
			n, err := write(int32(pair[0]), all[:cuts[0]], more)
			syscall.Close(pair[0])
			got := make([]byte, 0, len(all))
			for m := 1; m > 0; got = got[:len(got)+max(m, 0)] {
				m, _ = syscall.Read(pair[1], got[len(got):cap(got)])
			}
			syscall.Close(pair[1])
			if n != len(want) || err != nil || !bytes.Equal(got, want) {
				t.Errorf("writer %d, cuts at %d: %d bytes, %v; %d came", i, cuts, n, err, len(got))
			}
		}
	}
}

// FuzzReadBoth holds readBoth equal to reading into one buffer: the same bytes come, in order, wherever the first ends.
func FuzzReadBoth(f *testing.F) {
	f.Add([]byte("all of it"), uint8(3), uint8(100))
	f.Add([]byte("exactly"), uint8(7), uint8(1))
	f.Add([]byte("not even the first"), uint8(200), uint8(1))
	f.Add([]byte("more than both hold"), uint8(2), uint8(2))
	f.Fuzz(func(t *testing.T, sent []byte, one, other uint8) {
		pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Close(pair[0])
		defer syscall.Close(pair[1])
		first, second := make([]byte, int(one)+1), make([]byte, int(other)+1)
		if n, err := readBoth(int32(pair[1]), first, second); n != 0 || err != syscall.EAGAIN {
			t.Fatalf("of nothing: %d, %v", n, err)
		}
		if len(sent) == 0 {
			return
		}
		syscall.Write(pair[0], sent)
		want := sent[:min(len(sent), len(first)+len(second))]
		n, err := readBoth(int32(pair[1]), first, second)
		if err != nil || n != len(want) {
			t.Fatalf("%d bytes, %v, want %d", n, err, len(want))
		}
		got := append(bytes.Clone(first[:min(n, len(first))]), second[:max(0, n-len(first))]...)
		if !bytes.Equal(got, want) {
			t.Errorf("%q and %q of %q", first, second, sent)
		}
	})
}
