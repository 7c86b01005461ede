package browser

// A source is a device and what is done with it, in the words of WebDriver and WebDriver BiDi alike (W3C WebDriver §15).
type source struct {
	Type    string   `json:"type"`
	ID      string   `json:"id"`
	Actions []action `json:"actions"`
}

type action struct {
	Type   string `json:"type"`
	X      int    `json:"x"`
	Y      int    `json:"y"`
	Button int    `json:"button"`
	Value  string `json:"value,omitempty"`
}

// clicking is a click at a place in the window.
func clicking(x, y float64) []source {
	return []source{{"pointer", "mouse", []action{
		{Type: "pointerMove", X: int(x), Y: int(y)}, {Type: "pointerDown"}, {Type: "pointerUp"},
	}}}
}

// typing presses a key for each character.
func typing(text string) []source {
	keys := source{Type: "key", ID: "keyboard"}
	for _, r := range text {
		keys.Actions = append(keys.Actions, action{Type: "keyDown", Value: string(r)}, action{Type: "keyUp", Value: string(r)})
	}
	return []source{keys}
}

// asJSON is an expression whose value is what another one's is, or resolves to, as JSON.
func asJSON(expression string) string {
	return "(async () => JSON.stringify(await (" + expression + ")) ?? 'null')()"
}
