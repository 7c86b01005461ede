package gojs

import (
	"os"
	"path/filepath"
	"sync"

	"github.com/tetratelabs/wazero"
)

// compilationCache keeps compiled programs in memory for this process and on disk for the next: compiling takes a second or two.
var compilationCache = sync.OnceValues(func() (wazero.CompilationCache, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return wazero.NewCompilationCacheWithDir(filepath.Join(dir, "tandem-gojs"))
})
