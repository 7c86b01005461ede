package server

import (
	"context"
	"errors"
	"io"
	"net/http"

	"example.com/tandem/shared"
)

// Handler returns an http.Handler that accepts each request with Accept and runs fn with the connection, in the
// goroutine of the request. The context is that of the request, and ends with the connection. When fn returns, the
// connection is closed with the status code that its error calls for:
//
//	nil, or io.EOF as Receive gives it             1000
//	a *shared.CloseError                           its code and reason
//	a connection that is closed or has ended       nothing is left to do
//	the context's error                            1001
//	any other error, whose text is not sent        1011
//	a panic, which goes on to net/http             1011
//
// Nothing is received any more once fn has returned. A Registry named in the options waits in Shutdown for fn too.
func Handler(fn func(ctx context.Context, c *Conn) error, opts *Options) http.Handler {
	if opts == nil {
		opts = new(Options)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		opts.Registry.enterHandler()
		defer opts.Registry.leaveHandler()
		c, err := accept(w, r, opts, r)
		if err != nil {
			return // Accept has answered
		}
		end := &shared.CloseError{Code: shared.StatusInternalError}
		defer func() { c.Close(end.Code, end.Reason) }() // also when fn panics: net/http would leave the connection open
		end = closeFor(fn(c.Context(), c))
	})
}

// closeFor returns what to close a connection with whose handler returned err.
func closeFor(err error) *shared.CloseError {
	var chosen *shared.CloseError
	switch {
	case err == nil, err == io.EOF:
		return &shared.CloseError{Code: shared.StatusNormalClosure}
	case errors.As(err, &chosen):
		if _, err := shared.AppendClose(nil, chosen.Code, chosen.Reason); err == nil {
			return chosen
		}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &shared.CloseError{Code: shared.StatusGoingAway}
	}
	return &shared.CloseError{Code: shared.StatusInternalError}
}
