package wire

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCompositionsThatCannotBePlayed(t *testing.T) {
	for body, problem := range map[string]string{
		"":                 "EOF",
		"[]":               "cannot unmarshal",
		"{}{}":             "something comes after it",
		`{"other":1}`:      `unknown field "other"`,
		`{"serve":"http"}`: `serve: "http"`,
		`{"request":"` + strings.Repeat("a", maxRequest+1) + `"}`: "request: 8193 bytes",
		`{"steps":[{}]}`:                                                        "step 1: it is one of",
		`{"steps":[{"send":"00","wait":1}]}`:                                    "step 1: it is one of",
		`{"steps":[{"send":"0"}]}`:                                              "odd length",
		`{"steps":[{"wait":-1}]}`:                                               "a wait of -1 ms",
		`{"steps":[{"wait":3001}]}`:                                             "a wait of 3001 ms",
		`{"steps":[{"wait":2000},{"wait":2000}]}`:                               "waits of 4s",
		`{"steps":[{"send":"00","pieces":65}]}`:                                 "pieces: 65",
		`{"steps":[{"send":"00","pieces":-1}]}`:                                 "pieces: -1",
		`{"steps":[{"wait":1,"pieces":2}]}`:                                     "pieces: 2",
		`{"steps":[{"end":"bang"}]}`:                                            `end: "bang"`,
		`{"steps":[{"end":"close_notify"}]}`:                                    "not secure",
		`{"steps":[{"end":"FIN"},{"wait":1},{"send":"00"}]}`:                    "step 3: the client has ended",
		`{"steps":[` + strings.Repeat(`{"wait":1},`, maxSteps) + `{"wait":1}]}`: "steps: 65",
		`{"steps":[{"send":"` + strings.Repeat("00", maxSent+1) + `"}]}`:        "262145 bytes",
	} {
		w := httptest.NewRecorder()
		newComposer(usual).ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader(body)))
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), problem) || strings.Count(w.Body.String(), "\n") != 1 {
			t.Errorf("%.60s: %d %q, want 400 and a line with %s", body, w.Code, w.Body, problem)
		}
	}
	w := httptest.NewRecorder()
	newComposer(usual).ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader(`{"request":"`+strings.Repeat("a", maxComposed)+`"}`)))
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a body over the limit: %d", w.Code)
	}
}

// Whatever is accepted is within the limits.
func FuzzParseComposition(f *testing.F) {
	f.Add(`{"steps":[{"send":"8180","pieces":2},{"wait":10},{"end":"FIN"}]}`)
	f.Add(`{"secure":true,"deflate":true,"serve":"close","request":"GET","steps":[{"end":"close_notify"}]}`)
	f.Add(`{"steps":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		c, err := parseComposition(strings.NewReader(body))
		if err != nil {
			return
		}
		sent, waited := 0, 0
		for _, s := range c.Steps {
			sent += len(s.Send)
			waited += s.Wait
			if s.Wait < 0 || s.Pieces < 0 || s.Pieces > maxPieces || (len(s.Send) > 0) == (s.Wait > 0) && s.End == "" {
				t.Errorf("%+v was accepted", s)
			}
		}
		if sent > maxSent || waited > 3000 || len(c.Steps) > maxSteps || len(c.request()) > maxRequest || !strings.HasSuffix(c.request(), c.Request) {
			t.Errorf("%d bytes, %d ms, %d steps were accepted", sent, waited, len(c.Steps))
		}
	})
}
