package deflate

import "slices"

// codeLengths sets lengths to those of the best Huffman code, in bits, for symbols that occur with these frequencies: none
// longer than most, and 0 for what does not occur. At least two symbols get a code, so that it is always complete.
// RFC 1951 §3.2.2, §3.2.7.
func codeLengths(lengths []uint8, frequencies []uint16, most int) {
	// A leaf is a frequency with its symbol below it: in order of number they are in order of frequency.
	var room [numLitLens]uint32
	leaves := room[:0]
	for symbol, f := range frequencies {
		lengths[symbol] = 0
		if f > 0 {
			leaves = append(leaves, uint32(f)<<16|uint32(symbol))
		}
	}
	for symbol := 0; len(leaves) < 2; symbol++ {
		if frequencies[symbol] == 0 {
			leaves = append(leaves, 1<<16|uint32(symbol))
		}
	}
	slices.Sort(leaves)

	var count [maxCodeLen + 1]int
	countDepths(&count, leaves, most)
	fit(count[:most+1])

	length := most
	for _, leaf := range leaves { // the rarest first, with the longest codes
		for count[length] == 0 {
			length--
		}
		count[length]--
		lengths[leaf&0xffff] = uint8(length)
	}
}

// countDepths counts how many leaves there are at each depth of the Huffman tree; those deeper than most count there.
func countDepths(count *[maxCodeLen + 1]int, leaves []uint32, most int) {
	// The two lightest trees become one, until there is only one. Of the joined trees the earlier is never heavier than
	// the later: so both leaves and joined trees stand in line.
	var weights [numLitLens]uint32
	var parents [2 * numLitLens]uint16 // of the leaves, and behind them of the joined trees
	leaf, tree, n := 0, 0, len(leaves)
	for joined := range n - 1 {
		for range 2 {
			if tree == joined || leaf < n && leaves[leaf]>>16 <= weights[tree] {
				weights[joined] += leaves[leaf] >> 16
				parents[leaf] = uint16(n + joined)
				leaf++
			} else {
				weights[joined] += weights[tree]
				parents[n+tree] = uint16(n + joined)
				tree++
			}
		}
	}

	var depths [2 * numLitLens]uint16
	for i := 2*n - 3; i >= 0; i-- { // a parent stands behind its children; the root is at 2n-2
		depths[i] = depths[parents[i]] + 1
		if i < n {
			count[min(int(depths[i]), most)]++
		}
	}
}

// fit makes as many codes of each length as count says possible, where those that were too long have been counted among
// the longest: it lengthens others until the sum of all 2^-length is 1 (Kraft).
func fit(count []int) {
	most := len(count) - 1
	sum := 0 // in units of 2^-most
	for length := 1; length <= most; length++ {
		sum += count[length] << (most - length)
	}
	for ; sum > 1<<most; sum-- {
		// One of the longest moves up, to beside a code that is made longer by one bit for it.
		length := most - 1
		for count[length] == 0 {
			length--
		}
		count[most]--
		count[length]--
		count[length+1] += 2
	}
}
