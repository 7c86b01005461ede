package server

import (
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	refusalLinger  = 500 * time.Millisecond // for a refused client to read its answer and close
	refusalDiscard = 64 << 10               // bytes read meanwhile and thrown away
)

func refusal(status int, problem string, cause error) *HandshakeError {
	return &HandshakeError{Status: status, Problem: problem, Err: cause}
}

// refuse answers with e's status and one line of text, closes the connection, and returns e.
//
// The answer goes through w, so that middleware sees its status. Then the connection is hijacked to be closed here
// and now: net/http would wait for the handler, and a handler may have other things to do. Over HTTP/2 there is
// neither a Connection header nor anything to close.
func refuse(w http.ResponseWriter, r *http.Request, e *HandshakeError) error {
	line := e.text() + "\n"
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(line)))
	h.Del("Content-Encoding")
	if r.ProtoMajor < 2 {
		h.Set("Connection", "close")
	}
	switch e.Status {
	case http.StatusMethodNotAllowed:
		h.Set("Allow", "GET")
	case http.StatusUpgradeRequired:
		h["Connection"] = []string{"close", "Upgrade"} // in this order: net/http looks at the first alone
		h.Set("Upgrade", "websocket")
		h["Sec-WebSocket-Version"] = []string{"13"} // spelled as the RFC does
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "5")
	}
	w.WriteHeader(e.Status)
	if _, err := io.WriteString(w, line); err != nil {
		return e // as after an earlier hijack, where Flush would panic
	}
	hangUp(http.NewResponseController(w))
	return e
}

// hangUp closes the connection once what was written to it is on its way. It half-closes first and reads on for a
// moment: a close with unread input is a reset, which can overtake the answer. If the connection cannot be taken
// over, net/http closes it after the handler, because of Connection: close.
func hangUp(rc *http.ResponseController) {
	if rc.Flush() != nil {
		return
	}
	nc, _, err := rc.Hijack()
	if err != nil {
		return
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(refusalLinger))
	if half, ok := nc.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		io.CopyN(io.Discard, nc, refusalDiscard)
	}
}
