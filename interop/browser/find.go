package browser

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// ErrNotFound is matched by the error of Find, FindFirefox and FindWebKit when there is no such browser. The error says what to do
// about it.
var ErrNotFound = errors.New("not installed")

// Find gives the path of Chromium: of the program that CHROMIUM names, else of the first of chromium, chromium-browser and
// google-chrome in PATH.
func Find() (string, error) {
	return find("Chromium", "CHROMIUM", "chromium", "chromium", "chromium-browser", "google-chrome")
}

// FindFirefox gives the path of Firefox: of the program that FIREFOX names, else of the first of firefox-esr and firefox in PATH.
func FindFirefox() (string, error) {
	return find("Firefox", "FIREFOX", "firefox-esr", "firefox-esr", "firefox")
}

// FindWebKit gives the path of WebKitGTK's driver: of the program that WEBKIT_DRIVER names, else of WebKitWebDriver in PATH.
// It looks for Xvfb too, without which there is no screen for the browser.
func FindWebKit() (string, error) {
	path, err := find("WebKitGTK's driver", "WEBKIT_DRIVER", "webkit2gtk-driver", "WebKitWebDriver")
	if err != nil {
		return "", err
	}
	if _, err := findXvfb(); err != nil {
		return "", err
	}
	return path, nil
}

func findXvfb() (string, error) {
	return find("WebKitGTK's screen", "XVFB", "xvfb", "Xvfb")
}

// find gives the path of the program that an environment variable names, else of the first name in PATH.
func find(what, variable, install string, names ...string) (string, error) {
	if named := os.Getenv(variable); named != "" {
		path, err := exec.LookPath(named)
		if err != nil {
			return "", fmt.Errorf("%s: %w", variable, err)
		}
		return path, nil
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is %w: get it (on Debian and Ubuntu: apt-get install %s) or name its program in %s", what, ErrNotFound, install, variable)
}
