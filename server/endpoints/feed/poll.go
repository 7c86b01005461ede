package feed

import (
	"context"
	"net/http"
	"strconv"
	"strings"
)

// poll answers at once. Its ETag is the number of the last message, so a client that asks with If-None-Match again gets
// 304 and no body while there is nothing new.
func poll(w http.ResponseWriter, r *http.Request, f *feed) {
	cursor, err := f.cursor(r.URL.Query().Get("after"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b := f.after(cursor)
	tag := `"` + strconv.FormatUint(b.Next, 10) + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "no-cache")
	if matches(r.Header.Values("If-None-Match"), tag) {
		f.tallies[transportPoll].notModified.Add(1)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	answer(w, http.StatusOK, b)
}

// longPoll answers as soon as there is something after the cursor. After a while without it answers 204, and the
// client asks again. What is published between two requests is there for the second.
func (s *feeds) longPoll(w http.ResponseWriter, r *http.Request, f *feed) {
	cursor, err := f.cursor(r.URL.Query().Get("after"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.limits.wait)
	defer cancel()
	w.Header().Set("Cache-Control", "no-store")
	if !f.await(ctx, cursor) {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, http.StatusOK, f.after(cursor))
}

// matches reports whether an If-None-Match header names the tag, by the weak comparison (RFC 9110, section 13.1.2).
func matches(lines []string, tag string) bool {
	for _, line := range lines {
		for item := range strings.SplitSeq(line, ",") {
			if item = strings.TrimPrefix(strings.TrimSpace(item), "W/"); item == tag || item == "*" {
				return true
			}
		}
	}
	return false
}
