//go:build js && wasm

// A module that does not come to be ready.
package main

func main() { panic("out of paper") }
