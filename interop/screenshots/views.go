package main

import (
	"time"

	"example.com/tandem/interop/browser"
)

// A view is one picture: the link to what it shows, and what is done there first.
type view struct {
	file   string
	link   string
	height int64 // of the window
	steps  []step
}

// A step clicks, types and presses Enter, and waits, as far as each is given.
type step struct{ click, text, until string }

func (s step) do(tab *browser.Tab) error {
	if s.click != "" {
		if err := tab.Click(s.click); err != nil {
			return err
		}
	}
	if s.text != "" {
		if err := tab.Type(s.text); err != nil {
			return err
		}
		if err := tab.Press("\r"); err != nil {
			return err
		}
	}
	if s.until != "" {
		return tab.Wait(s.until, 30*time.Second)
	}
	return nil
}

const (
	goColumn  = "[data-column=go] "
	floodDone = `document.querySelector("#flood").dataset.state === "done"`
	received  = `["go", "js"].every((column) => {
		const messages = (name) => document.querySelector("[data-column=" + column + "] [data-field=" + name + "]").dataset.messages;
		const out = document.querySelectorAll("[data-column=" + column + "] .row[data-direction=out]:not([hidden])").length;
		const inward = document.querySelectorAll("[data-column=" + column + "] .row[data-direction=in]:not([hidden])").length;
		return messages("sent") === messages("received") && out > 0 && out === inward;
	})`
	wire = "[data-view=wire] "
)

// rows is JavaScript that waits for lines of the wire view's list that have the text.
func rows(text string) string {
	return `[...document.querySelectorAll("[data-view=wire] .row")].some((row) => row.textContent.includes("` + text + `"))`
}

// chosen is JavaScript that clicks on the first such line.
func chosen(text string) string {
	return `([...document.querySelectorAll("[data-view=wire] .row")].find((row) => row.textContent.includes("` + text + `")).click(), true)`
}

var views = []view{
	{file: "screenshot.png", link: "/?subprotocol=tandem.v1", height: 640, steps: []step{
		{until: `document.querySelector("[data-column=go]").dataset.module === "ready"`},
		{click: "#flood-start", until: floodDone}, // the first of two: a browser compiles a module once more when it is used much
		{click: "#flood-start", until: floodDone},
		{click: goColumn + "[data-action=clear]"},
		{click: goColumn + "[data-input=text]", text: "Hello, both of you", until: received},
		{click: goColumn + "[data-input=text]", text: "مرحبا بالعالم", until: received},
		{click: goColumn + "[data-action=tab-hex]"},
		{click: goColumn + "[data-input=hex]", text: "48 65 6c 6c 6f", until: received},
		{click: goColumn + "[data-action=tab-text]"},
		{until: `[...document.querySelectorAll("[data-field=rate]")].every((e) => e.dataset.rate === "0")`},
	}},
	{file: "screenshot-wire.png", link: "/wire", height: 1000, steps: []step{
		{click: wire + "[data-action=wire-open]", until: `document.querySelector("[data-view=wire] [data-field=state]").dataset.state === "open"`},
		{click: wire + "[data-action=fragments]", until: rows("300,000 bytes")},
		{click: wire + "[data-action=deflated]", until: rows("inflated from")},
		{click: wire + "[data-action=hello]", until: rows("Hello")},
		{until: chosen("RSV1 ca")},
	}},
	{file: "screenshot-composer.png", link: "/composer?preset=rsv1", height: 1000, steps: []step{
		{click: "#play", until: `document.querySelector("[data-view=composer]").textContent.includes("1002")`},
	}},
	{file: "screenshot-handshake.png", link: "/handshake", height: 900, steps: []step{
		{click: "[data-view=handshake] [data-action=handshake]", until: `document.querySelector("[data-view=handshake]").textContent.includes("101 Switching Protocols")`},
	}},
	{file: "screenshot-guide.png", link: "/guide", height: 1000, steps: []step{
		{until: `globalThis.tandem?.open`},
		{click: "[data-example=hello] [data-action=run]", until: `document.querySelector("[data-example=hello] [data-field=output]").dataset.state === "done"`},
	}},
	{file: "screenshot-why.png", link: "/why", height: 1000, steps: []step{
		{click: "[data-view=why] [data-action=why-start]", until: `Number(document.querySelector("[data-view=why] [data-field=published]").textContent) >= 50`},
	}},
}
