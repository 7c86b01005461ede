// Command screenshots makes the picture of the page that the README shows, in a real Chromium. Run it in this module after the
// browser module has been built, on a machine that has a font for emoji (on Debian and Ubuntu: fonts-noto-color-emoji):
//
//	make module && cd interop && go run ./screenshots
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"example.com/tandem/interop/browser"
	"example.com/tandem/server/endpoints"
	"example.com/tandem/web"
)

const width, height = 1280, 640 // of the window, whose height is that of the logs by a factor

func main() {
	out := flag.String("o", "../web/screenshot.png", "`file` to write")
	flag.Parse()
	if err := picture(*out); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func picture(out string) error {
	mux := http.NewServeMux()
	mux.Handle("/", web.Handler())
	mux.Handle("/echo", endpoints.New(nil))
	listener, err := net.Listen("tcp", "localhost:8080") // the address that visitors know
	if err != nil {
		return err
	}
	site := &http.Server{Handler: mux}
	go site.Serve(listener)
	defer site.Close()

	path, err := browser.Find()
	if err != nil {
		return err
	}
	chromium, err := browser.Start(context.Background(), path)
	if err != nil {
		return err
	}
	defer chromium.Close()
	tab, err := chromium.Open(time.Minute)
	if err != nil {
		return err
	}
	defer tab.Close()
	if err := tab.Unwatch(); err != nil {
		return err
	}
	if err := tab.Resize(width, height); err != nil {
		return err
	}
	if err := tab.Prefer("prefers-color-scheme", "light"); err != nil {
		return err
	}
	if err := tab.Visit("http://localhost:8080/#/?subprotocol=tandem.v1"); err != nil {
		return err
	}

	const column = "[data-column=go] "
	const done = `document.querySelector("#flood").dataset.state === "done"`
	const received = `["go", "js"].every((column) => {
		const messages = (name) => document.querySelector("[data-column=" + column + "] [data-field=" + name + "]").dataset.messages;
		const out = document.querySelectorAll("[data-column=" + column + "] .row[data-direction=out]:not([hidden])").length;
		const inward = document.querySelectorAll("[data-column=" + column + "] .row[data-direction=in]:not([hidden])").length;
		return messages("sent") === messages("received") && out > 0 && out === inward;
	})`
	for _, step := range []struct {
		click, text, until string
	}{
		{until: `document.querySelector("[data-column=go]").dataset.module === "ready"`},
		{click: "#flood-start"}, // the first of two: a browser compiles a module once more when it is used much
		{until: done},
		{click: "#flood-start"},
		{until: done},
		{click: column + "[data-action=clear]"},
		{click: column + "[data-input=text]", text: "Hello, both of you 👋"},
		{until: received},
		{click: column + "[data-input=text]", text: "مرحبا بالعالم"},
		{until: received},
		{click: column + "[data-action=tab-hex]"},
		{click: column + "[data-input=hex]", text: "48 65 6c 6c 6f"},
		{until: received},
		{click: column + "[data-action=tab-text]"},
		{until: `[...document.querySelectorAll("[data-field=rate]")].every((e) => e.dataset.rate === "0")`},
		{until: `(document.activeElement.blur(), scrollTo(0, 0), true)`},
	} {
		if step.click != "" {
			if err := tab.Click(step.click); err != nil {
				return err
			}
		}
		if step.text != "" {
			if err := tab.Type(step.text); err != nil {
				return err
			}
			if err := tab.Press("\r"); err != nil {
				return err
			}
		}
		if step.until != "" {
			if err := tab.Wait(step.until, 20*time.Second); err != nil {
				return err
			}
		}
	}
	time.Sleep(500 * time.Millisecond) // what moves comes to rest
	return tab.Screenshot(out)
}
