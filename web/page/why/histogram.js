// A histogram of milliseconds whose memory is bounded: each bucket is 5% wider than the one below it.

const least = 0.05;
const growth = Math.log(1.05);
const buckets = 300; // up to some 100 s

export class Histogram {
  count = 0;
  #counts = new Uint32Array(buckets);

  add(value) {
    const bucket = Math.round(Math.log(Math.max(value, least) / least) / growth);
    this.#counts[Math.min(bucket, buckets - 1)]++;
    this.count++;
  }

  // quantile gives the value that this share of all is not above, to within 2.5%; null if there is none.
  quantile(share) {
    if (this.count === 0) {
      return null;
    }
    let left = Math.ceil(share * this.count);
    let bucket = 0;
    while ((left -= this.#counts[bucket]) > 0) {
      bucket++;
    }
    return least * Math.exp(bucket * growth);
  }

  clear() {
    this.count = 0;
    this.#counts.fill(0);
  }
}
