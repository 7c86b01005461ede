//go:build !js

package client_test

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"example.com/tandem/wasm/client/clienttest"
)

const testEngine = "" // no browser

func TestMain(m *testing.M) {
	s := httptest.NewServer(clienttest.Handler())
	testServer = "ws" + strings.TrimPrefix(s.URL, "http")
	os.Exit(m.Run())
}
