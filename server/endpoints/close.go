package endpoints

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"example.com/tandem/server"
	"example.com/tandem/shared"
)

// newClose returns a service that accepts and at once closes with the code and the reason of the query. Without a code
// it is 1000; with 1005, which stands for none, the Close frame is empty.
func newClose(opts server.Options) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		end, err := parseClosing(query.Get("code"), query.Get("reason"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		server.Handler(func(context.Context, *server.Conn) error { return end }, &opts).ServeHTTP(w, r)
	})
}

func parseClosing(code, reason string) (*shared.CloseError, error) {
	end := &shared.CloseError{Code: shared.StatusNormalClosure, Reason: reason}
	if code != "" {
		n, err := strconv.ParseUint(code, 10, 16)
		if err != nil {
			return nil, fmt.Errorf("code: %+q is not a status code such as 1000", code)
		}
		end.Code = shared.StatusCode(n)
	}
	_, err := shared.AppendClose(nil, end.Code, reason)
	return end, err
}
