package deflate_test

import (
	"bytes"
	"fmt"

	"example.com/tandem/server/deflate"
)

// The second message refers back to the first. At the end of each the Tail is taken off.
func ExampleEncoder() {
	e := deflate.NewEncoder(12)
	for _, message := range []string{`{"price":64231.12}`, `{"price":64231.35}`, ""} {
		compressed := e.Append(nil, []byte(message))
		payload := bytes.TrimSuffix(compressed, []byte(deflate.Tail))
		fmt.Printf("%d bytes became %d\n", len(message), len(payload))
	}
	// Output:
	// 18 bytes became 20
	// 18 bytes became 7
	// 0 bytes became 1
}

// A message that does not become shorter goes out as it is, and the recipient's window knows nothing of it.
func ExampleEncoder_Undo() {
	e := deflate.NewEncoder(12)
	message := []byte("Hello")
	payload := bytes.TrimSuffix(e.Append(nil, message), []byte(deflate.Tail))
	if len(payload) >= len(message) {
		e.Undo()
		payload = message
	}
	fmt.Printf("%s", payload)
	// Output: Hello
}
