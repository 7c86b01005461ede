package main

import (
	"fmt"
	"testing"
)

func BenchmarkCompress(b *testing.B) {
	for _, traffic := range traffics() {
		for _, c := range candidates() {
			b.Run(fmt.Sprintf("%s/%s/takeover=%v", traffic.name, c.name, c.takeover), func(b *testing.B) {
				compress, dst := c.new(c.takeover), make([]byte, 0, 128<<10)
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					dst = compress(dst[:0], traffic.messages[i%len(traffic.messages)])
				}
				b.ReportMetric(ratio(c, traffic.messages), "ratio")
			})
		}
	}
}

func BenchmarkInflate(b *testing.B) {
	for _, traffic := range traffics() {
		for _, in := range inflations() {
			b.Run(fmt.Sprintf("%s/%s/takeover=%v", traffic.name, in.name, in.takeover), func(b *testing.B) {
				compress := tandem(12)(in.takeover)
				var compressed [][]byte
				for _, m := range traffic.messages {
					compressed = append(compressed, compress(nil, m))
				}
				dst := make([]byte, 0, 128<<10)
				var inflate inflater
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if i%len(compressed) == 0 {
						inflate = in.new(in.takeover) // the first message has nothing before it
					}
					dst = inflate(dst[:0], compressed[i%len(compressed)])
				}
			})
		}
	}
}
