package wire

import (
	"os"
	"testing"

	"example.com/tandem/server/internal/leak"
)

// TestMain sees to it that no composition, and no listener that leaves, leaves a goroutine behind.
func TestMain(m *testing.M) { os.Exit(leak.Status(m.Run())) }
