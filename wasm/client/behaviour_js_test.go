package client_test

import (
	"os"
	"testing"
)

// testEngine is the kind of browser, where that has ways of its own: "WebKitGTK".
var testEngine = os.Getenv("TANDEM_TEST_ENGINE")

func TestMain(m *testing.M) {
	testServer = os.Getenv("TANDEM_TEST_URL")
	if testServer == "" {
		println("TANDEM_TEST_URL has to hold the ws: address of a server with clienttest.Handler")
		os.Exit(1)
	}
	os.Exit(m.Run())
}
