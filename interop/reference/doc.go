// Package reference holds the tests of both ends of this project against an implementation that others wrote and many
// use, nhooyr.io/websocket: our server with its client, and its server with our client.
package reference
