package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"example.com/tandem/interop/conform"
	"example.com/tandem/interop/conform/ours"
)

// A test runs the suite on one end.
type test func(context.Context, *conform.Suite) (*conform.Report, error)

// A role is one in which both are tested.
type role struct {
	name      conform.Role
	ours      test
	reference test
}

var roles = []role{
	{conform.Server, ours.Blocking.TestServer, testReferenceServer},
	{conform.Client, ours.Blocking.TestClient, testReferenceClient},
}

// A report is what came of the suite in one role.
type report struct{ ours, reference *conform.Report }

func (r role) test(ctx context.Context, suite *conform.Suite) (got report, err error) {
	if got.ours, err = r.ours(ctx, suite); err != nil {
		return got, err
	}
	got.reference, err = r.reference(ctx, suite)
	return got, err
}

// conditions says when and with what the cases were run.
func conditions(now time.Time) string {
	return fmt.Sprintf("%s, %s/%s, %d cores, %s", now.UTC().Format("2006-01-02"), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
}

// referenceVersion is the version of the reference that this program was built with.
func referenceVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range info.Deps {
		if m.Path == referenceName {
			return m.Version
		}
	}
	return ""
}
