// Package sample is what the load generator tells the benchmark.
package sample

// An Echo is what was measured while messages went back and forth.
type Echo struct {
	Messages  int     // echoed and checked
	Seconds   float64 // that it took
	ServerCPU float64 // seconds; 0 where the system does not tell
	LoadCPU   float64
	RSS       int64 // resident bytes of the server at the end; 0 where the system does not tell
}

// A Rest is what a server holds while nobody speaks.
type Rest struct {
	Conns int
	RSS   int64 // resident bytes of the server
}

// A Report is what the load generator prints, in JSON.
type Report struct {
	Echo  Echo
	Rests []Rest `json:",omitempty"`
}
