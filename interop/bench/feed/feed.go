// Package feed makes the messages that the measurements of compression run on. The same call gives the same bytes on
// every machine: each feed is drawn from a generator with a seed of its own.
package feed

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// began is the instant of the first message of a ticker.
var began = time.Date(2026, time.March, 2, 14, 30, 0, 0, time.UTC)

// An instrument is what a ticker tells of: its price wanders by ticks, its quotes stand a few ticks to either side.
type instrument struct {
	symbol   string
	ticks    int64 // the price, counted in ticks
	decimals int   // how many of the price's digits stand behind the point
	size     int64 // how large a trade is, in ten-thousandths, about
}

func instruments() []instrument {
	return []instrument{
		{"BTC-USD", 6423112, 2, 1800},
		{"ETH-USD", 345019, 2, 22000},
		{"SOL-USD", 17834, 2, 310000},
		{"XRP-USD", 52310, 5, 9000000},
		{"ADA-EUR", 41277, 5, 7000000},
		{"LTC-EUR", 7713, 2, 120000},
	}
}

// Ticker returns n messages of a market's feed, small JSON objects of about 180 bytes in the order in which one
// connection would see them: which instrument trades is drawn anew for each, its price moves by a few ticks, sequence
// numbers and instants go up.
func Ticker(n int) [][]byte {
	r := rand.New(rand.NewPCG(7692, 1))
	market, at, sequence := instruments(), began, int64(48217730)
	messages := make([][]byte, n)
	for i := range messages {
		in := &market[pick(r, len(market))]
		in.ticks += int64(r.NormFloat64() * 4)
		size := 1 + int64(r.ExpFloat64()*float64(in.size))
		spread := 1 + r.Int64N(3)
		at = at.Add(time.Duration(r.ExpFloat64() * 40 * float64(time.Millisecond)))
		sequence += 1 + r.Int64N(4)

		b := append([]byte(nil), `{"type":"trade","symbol":"`...)
		b = append(b, in.symbol...)
		b = append(b, `","seq":`...)
		b = strconv.AppendInt(b, sequence, 10)
		b = append(b, `,"price":"`...)
		b = appendDecimal(b, in.ticks, in.decimals)
		b = append(b, `","size":"`...)
		b = appendDecimal(b, size, 4)
		b = append(b, `","side":"`...)
		b = append(b, [...]string{"buy", "sell"}[r.IntN(2)]...)
		b = append(b, `","bid":["`...)
		b = appendDecimal(b, in.ticks-spread, in.decimals)
		b = append(b, `","`...)
		b = appendDecimal(b, 1+int64(r.ExpFloat64()*float64(in.size*5)), 4)
		b = append(b, `"],"ask":["`...)
		b = appendDecimal(b, in.ticks+r.Int64N(3), in.decimals)
		b = append(b, `","`...)
		b = appendDecimal(b, 1+int64(r.ExpFloat64()*float64(in.size*5)), 4)
		b = append(b, `"],"time":"`...)
		b = at.AppendFormat(b, "2006-01-02T15:04:05.000000Z")
		messages[i] = append(b, `"}`...)
	}
	return messages
}

// pick draws an index below n, the lower ones more often.
func pick(r *rand.Rand, n int) int { return min(r.IntN(n), r.IntN(n)) }

func appendDecimal(b []byte, units int64, decimals int) []byte {
	digits := strconv.FormatInt(units, 10)
	if missing := decimals + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	point := len(digits) - decimals
	b = append(b, digits[:point]...)
	b = append(b, '.')
	return append(b, digits[point:]...)
}

// Chat returns n messages of people who write to each other, 60 to 400 bytes of text in English.
func Chat(n int) [][]byte {
	r := rand.New(rand.NewPCG(7692, 2))
	messages := make([][]byte, n)
	for i := range messages {
		length := 60 + min(r.IntN(300), r.IntN(300))
		var b []byte
		for len(b) < length {
			b = appendSentence(b, r)
		}
		messages[i] = b
	}
	return messages
}

func appendSentence(b []byte, r *rand.Rand) []byte {
	if len(b) > 0 {
		b = append(b, ' ')
	}
	first := len(b)
	for range 4 + r.IntN(9) {
		if len(b) > first {
			b = append(b, ' ')
		}
		b = append(b, words[pick(r, len(words))]...)
	}
	b[first] = b[first] &^ 0x20 // words begin with a small letter
	return append(b, "..,.?!"[r.IntN(6)])
}

var words = strings.Fields(`the to a you i it and that is in of for on we have what do this not but with are be so at
if was my they can just like me know all your get there think out good up time one about really see how when go will
would make work going then thanks today still want now from here because some people back need day well people could
right more maybe should tomorrow them again something before after been our want last week over meeting over only
sounds great anything other than take sure same thing please look looks since which into morning much nice yes never
already where better server later everyone question another problem while late release actually call first sorry
tonight idea answer weekend running coffee almost happened change office branch write wrong kitchen message probably
remember travel everything update together finished station welcome evening difficult understand`)

// Documents returns n JSON documents of 64 KiB or a little more, lists of records with text, numbers and flags.
func Documents(n int) [][]byte {
	r := rand.New(rand.NewPCG(7692, 3))
	documents := make([][]byte, n)
	for i := range documents {
		documents[i] = document(r)
	}
	return documents
}

func document(r *rand.Rand) []byte {
	type record struct {
		ID      int64    `json:"id"`
		Name    string   `json:"name"`
		Email   string   `json:"email"`
		Active  bool     `json:"active"`
		Balance float64  `json:"balance"`
		Tags    []string `json:"tags"`
		Token   string   `json:"token"`
		Note    string   `json:"note"`
		Created string   `json:"created"`
	}
	b := []byte(`{"records":[`)
	for id := r.Int64N(1 << 30); len(b) < 64<<10; id++ {
		name := words[r.IntN(len(words))] + " " + words[r.IntN(len(words))]
		one, err := json.Marshal(record{
			ID: id, Name: name, Email: strings.Replace(name, " ", ".", 1) + "@example.com",
			Active: r.IntN(3) > 0, Balance: float64(r.IntN(1_000_000)) / 100,
			Tags:    []string{words[pick(r, 40)], words[pick(r, 40)]},
			Token:   strconv.FormatUint(r.Uint64(), 16),
			Note:    string(appendSentence(nil, r)),
			Created: began.Add(time.Duration(r.Int64N(int64(1000 * time.Hour)))).Format(time.RFC3339),
		})
		if err != nil {
			panic(err) // no field of a record can fail
		}
		if len(b) > len(`{"records":[`) {
			b = append(b, ',')
		}
		b = append(b, one...)
	}
	return append(b, "]}"...)
}

// Dense returns n messages of 64 KiB in which there is nothing to compress.
func Dense(n int) [][]byte {
	r := rand.New(rand.NewPCG(7692, 4))
	messages := make([][]byte, n)
	for i := range messages {
		messages[i] = make([]byte, 64<<10)
		for j := range messages[i] {
			messages[i][j] = byte(r.Uint32())
		}
	}
	return messages
}
