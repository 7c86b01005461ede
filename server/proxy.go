package server

import (
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"

	"example.com/tandem/shared"
)

// proxyFor gives the proxy to connect through, or nil.
func (o *DialOptions) proxyFor(ctx context.Context, u shared.URL) (*url.URL, error) {
	choose := o.Proxy
	if choose == nil {
		choose = http.ProxyFromEnvironment
	}
	scheme := "http://"
	if u.Secure {
		scheme = "https://"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+u.Host+u.Target, nil)
	if err != nil {
		return nil, &HandshakeError{Problem: "no proxy can be asked for", Err: err}
	}
	proxy, err := choose(r)
	switch {
	case err != nil:
		return nil, &HandshakeError{Problem: "no proxy could be chosen", Err: err}
	case proxy == nil:
		return nil, nil
	case proxy.Scheme != "http" && proxy.Scheme != "https":
		return nil, &HandshakeError{Problem: "a proxy has to be http or https, this is " + quote(proxy.Scheme)}
	case proxy.Hostname() == "":
		return nil, &HandshakeError{Problem: "the proxy's address has no host"}
	}
	return proxy, nil
}

// proxyAddress is the proxy's host:port.
func proxyAddress(proxy *url.URL) string {
	port := proxy.Port()
	if port == "" {
		port = defaultPort(proxy.Scheme)
	}
	return net.JoinHostPort(proxy.Hostname(), port)
}

// connectThrough asks the proxy at the other end of nc for a tunnel to address (RFC 9110 §9.3.6), and returns the
// connection to speak through it.
func (o *DialOptions) connectThrough(ctx context.Context, nc net.Conn, proxy *url.URL, address string) (net.Conn, error) {
	if proxy.Scheme == "https" {
		var err error
		if nc, err = o.startTLS(ctx, nc, proxy.Hostname()); err != nil {
			return nil, err
		}
	}
	request := "CONNECT " + address + " HTTP/1.1\r\nHost: " + address + "\r\n"
	if user := proxy.User; user != nil {
		password, _ := user.Password()
		credentials := base64.StdEncoding.EncodeToString([]byte(user.Username() + ":" + password))
		request += "Proxy-Authorization: Basic " + credentials + "\r\n"
	}
	if _, err := nc.Write([]byte(request + "\r\n")); err != nil {
		return nil, &HandshakeError{Problem: "the request to the proxy could not be sent", Err: err}
	}
	answer, err := readResponse(nc, &http.Request{Method: http.MethodConnect})
	switch {
	case err != nil:
		return nil, &HandshakeError{Problem: "no valid answer from the proxy", Err: err}
	case answer.StatusCode < 200 || answer.StatusCode > 299:
		return nil, answer.refused("the proxy refused to CONNECT")
	case len(answer.behind) > 0:
		return nil, &HandshakeError{Problem: "the proxy sent bytes of the tunnel before any were due"}
	}
	return nc, nil
}
