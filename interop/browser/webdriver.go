package browser

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// A webDriver is a session of W3C WebDriver, by its address. It is the engine of WebKitGTK's tabs.
type webDriver string

// newWebDriver makes a session with the driver at an address.
func newWebDriver(ctx context.Context, driver string) (webDriver, error) {
	var session struct {
		ID string `json:"sessionId"`
	}
	capabilities := map[string]any{"alwaysMatch": map[string]any{
		"acceptInsecureCerts": true,
		"timeouts":            map[string]any{"script": nil}, // the context is the limit
	}}
	err := command(ctx, http.MethodPost, driver+"/session", map[string]any{"capabilities": capabilities}, &session)
	return webDriver(driver + "/session/" + session.ID), err
}

// command sends a command and puts the value that it has into result, unless that is nil.
func command(ctx context.Context, method, url string, params, result any) error {
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s %s: %w", method, url, err)
	}
	if response.StatusCode != http.StatusOK {
		var problem struct {
			Error   string `json:"error"`
			Message string `json:"message"`
		}
		json.Unmarshal(answer.Value, &problem) // without, the status says it
		return fmt.Errorf("%s: %s %s", response.Status, problem.Error, problem.Message)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(answer.Value, result)
}

func (d webDriver) post(ctx context.Context, name string, params, result any) error {
	return command(ctx, http.MethodPost, string(d)+"/"+name, params, result)
}

// end ends the session and the browser that it has started.
func (d webDriver) end(ctx context.Context) error {
	return command(ctx, http.MethodDelete, string(d), struct{}{}, nil)
}

func (d webDriver) visit(ctx context.Context, url string) error {
	return d.post(ctx, "url", map[string]any{"url": url}, nil)
}

func (d webDriver) evaluate(ctx context.Context, expression string) (json.RawMessage, error) {
	var value string
	err := d.post(ctx, "execute/sync", map[string]any{"script": "return " + asJSON(expression), "args": []any{}}, &value)
	if err == nil && value == "" {
		err = errors.New("it gives nothing")
	}
	return json.RawMessage(value), err
}

func (d webDriver) click(ctx context.Context, x, y float64) error {
	return d.post(ctx, "actions", map[string]any{"actions": clicking(x, y)}, nil)
}

func (d webDriver) write(ctx context.Context, text string) error {
	return d.post(ctx, "actions", map[string]any{"actions": typing(text)}, nil)
}
