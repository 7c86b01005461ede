// Package sample is what the load generator tells the benchmark.
package sample

// A Usage is what a piece of work took.
type Usage struct {
	Seconds   float64 // on the clock
	ServerCPU float64 // seconds of processor time; 0 where the system does not tell
	LoadCPU   float64
	RSS       int64 // resident bytes of the server at the end; 0 where the system does not tell
}

// A Latency has percentiles in microseconds, each at most 3% too high.
type Latency struct {
	P50, P90, P99, P999, P9999, Max float64
}

// A Rest is what a server holds while so many connections are silent.
type Rest struct {
	Conns int
	RSS   int64 // resident bytes of the server
}

// A Report is what the load generator prints, in JSON.
type Report struct {
	Usage
	Events  int   // what was counted: messages echoed, messages delivered to a receiver, or opening handshakes
	Reads   int   // reads of the load in which messages ended
	Wire    int64 // bytes that came back, headers included
	Latency Latency
	Rests   []Rest `json:",omitempty"`
}
