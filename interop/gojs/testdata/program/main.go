// Command program ends, or fails to end, in the way that its argument names.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall/js"
	"time"
)

func main() {
	switch os.Args[1] {
	case "echo":
		fmt.Println(os.Args[2:], os.Getenv("COLOUR"))
		fmt.Fprintln(os.Stderr, "to stderr")
	case "exit":
		os.Exit(7)
	case "exit-in-callback":
		f := js.FuncOf(func(js.Value, []js.Value) any {
			os.Exit(9)
			return nil
		})
		f.Invoke()
	case "panic":
		panic("out of cheese")
	case "panic-later":
		go func() {
			time.Sleep(time.Millisecond)
			panic("out of cheese")
		}()
		select {}
	case "deadlock":
		neverFilled := make(chan int)
		<-neverFilled
	case "spin":
		for {
		}
	case "sleep":
		time.Sleep(time.Hour)
	case "api":
		api()
	case "references":
		references(number())
	case "callbacks":
		callbacks(number())
	case "connect":
		connect(os.Args[2])
	case "stdin":
		if _, err := os.Stdin.Read(make([]byte, 1)); err == nil {
			os.Exit(1)
		}
	case "released":
		f := js.FuncOf(func(js.Value, []js.Value) any { return nil })
		f.Release()
		js.Global().Call("setTimeout", f, 0)
		time.Sleep(5 * time.Millisecond)
	case "unhandled":
		js.Global().Get("Promise").Call("reject", "nobody looks")
		time.Sleep(5 * time.Millisecond)
	}
}

func number() int {
	n, err := strconv.Atoi(os.Args[2])
	if err != nil {
		panic(err)
	}
	return n
}

// api exports functions that return promises, as a module does, and stays.
func api() {
	promises := js.Global().Get("Promise")
	js.Global().Set("shop", map[string]any{
		"double": js.FuncOf(func(_ js.Value, args []js.Value) any {
			x := args[0]
			executor := js.FuncOf(func(_ js.Value, settle []js.Value) any {
				go func() {
					time.Sleep(time.Millisecond)
					if x.Type() != js.TypeNumber {
						settle[1].Invoke(js.Global().Get("Error").New("not a number"))
						return
					}
					settle[0].Invoke(2 * x.Int())
				}()
				return nil
			})
			defer executor.Release()
			return promises.New(executor)
		}),
		"never": js.FuncOf(func(js.Value, []js.Value) any {
			executor := js.FuncOf(func(js.Value, []js.Value) any { return nil })
			defer executor.Release()
			return promises.New(executor)
		}),
		"sum": js.FuncOf(func(_ js.Value, args []js.Value) any {
			sum := 0
			b := make([]byte, args[0].Length())
			js.CopyBytesToGo(b, args[0])
			for _, x := range b {
				sum += int(x)
			}
			return sum
		}),
		"quit": js.FuncOf(func(js.Value, []js.Value) any {
			os.Exit(3)
			return nil
		}),
	})
	select {}
}

// references makes objects and functions, keeps the first n of each and lets the others go.
func references(n int) {
	object := js.Global().Get("Object")
	kept := make([]any, 0, 2*n)
	for i := range 100 {
		o, f := object.New(), js.FuncOf(func(js.Value, []js.Value) any { return nil })
		if i < n {
			kept = append(kept, o, f)
		} else {
			f.Release()
		}
	}
	for range 3 {
		runtime.GC()
		time.Sleep(time.Millisecond) // finalizers run meanwhile
	}
	runtime.KeepAlive(kept)
}

// callbacks has JavaScript call one js.Func n times.
func callbacks(n int) {
	calls := 0
	f := js.FuncOf(func(js.Value, []js.Value) any {
		calls++
		return nil
	})
	defer f.Release()
	for range n {
		f.Invoke()
	}
	if calls != n {
		os.Exit(1)
	}
}

// connect opens a WebSocket and waits for what never comes.
func connect(url string) {
	socket := js.Global().Get("WebSocket").New(url)
	opened := make(chan bool)
	socket.Set("onopen", js.FuncOf(func(js.Value, []js.Value) any {
		close(opened)
		return nil
	}))
	<-opened
	select {}
}
