package client_test

import (
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	testServer = os.Getenv("TANDEM_TEST_URL")
	if testServer == "" {
		println("TANDEM_TEST_URL has to hold the ws: address of a server with clienttest.Handler")
		os.Exit(1)
	}
	os.Exit(m.Run())
}
