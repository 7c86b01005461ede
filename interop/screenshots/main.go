// Command screenshots makes the pictures of the page's views that the README shows, in a real Chromium. Run it in this module
// after the browser module has been built, on a machine that has nothing else to do: it shows rates.
//
//	make module && cd interop && go run ./screenshots
//
// With -width 360 -scheme dark -o a-folder it shows the views as a small phone has them in the dark.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"example.com/tandem/interop/browser"
	"example.com/tandem/interop/site"
)

func main() {
	folder := flag.String("o", "../web", "`folder` to write into")
	width := flag.Int64("width", 1280, "of the window, in CSS `pixels`")
	scheme := flag.String("scheme", "light", "colour `scheme`, light or dark")
	flag.Parse()
	if err := pictures(*folder, *width, *scheme); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func pictures(folder string, width int64, scheme string) error {
	listener, err := net.Listen("tcp", "localhost:8080") // the address that visitors know
	if err != nil {
		return err
	}
	defer site.Serve(listener).Close()
	path, err := browser.Find()
	if err != nil {
		return err
	}
	chromium, err := browser.Start(context.Background(), path)
	if err != nil {
		return err
	}
	defer chromium.Close()
	for _, v := range views {
		if err := picture(chromium, v, width, scheme, filepath.Join(folder, v.file)); err != nil {
			return fmt.Errorf("%s: %w", v.file, err)
		}
	}
	return nil
}

// picture opens a view, does what its steps say, and writes what there is to be seen.
func picture(chromium *browser.Browser, v view, width int64, scheme, file string) error {
	tab, err := chromium.Open(time.Minute)
	if err != nil {
		return err
	}
	defer tab.Close()
	if err := tab.Unwatch(); err != nil {
		return err
	}
	if err := tab.Resize(width, v.height); err != nil {
		return err
	}
	if err := tab.Prefer("prefers-color-scheme", scheme); err != nil {
		return err
	}
	if err := tab.Visit("http://localhost:8080/#" + v.link); err != nil {
		return err
	}
	if err := tab.Wait(`document.querySelector("#main").dataset.shown`, time.Minute); err != nil {
		return err
	}
	for _, s := range v.steps {
		if err := s.do(tab); err != nil {
			return err
		}
	}
	if _, err := browser.Evaluate[bool](tab, `(document.activeElement.blur(), scrollTo(0, 0), true)`); err != nil {
		return err
	}
	time.Sleep(500 * time.Millisecond) // what moves comes to rest
	return tab.Screenshot(file)
}
