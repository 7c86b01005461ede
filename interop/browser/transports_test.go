package browser

import "testing"

// deliver publishes messages through the page's own modules, while the EventSource is cut, and gives for each transport how it
// differs from what was published.
const deliver = `(async (messages, size) => {
	const { transports } = await import("/why/transports.js");
	const { create } = await import("/why/feed.js");
	const feed = await create();
	const want = Array.from({length: messages}, (_, i) => (i + 1) + " " + "x".repeat(size));
	const got = {}, open = [], connections = [], problems = [];
	for (const { key, open: connect } of transports) {
		got[key] = [];
		open.push(new Promise((resolve) => connections.push(connect(feed, {
			after: 0, interval: 50, onopen: resolve, onmessage: (text) => got[key].push(text), onproblem: (problem) => problems.push(key + ": " + problem),
		}))));
	}
	await Promise.all(open);
	const publisher = feed.socket("publish");
	await new Promise((resolve) => publisher.onopen = resolve);
	for (const text of want) {
		publisher.send(text);
		connections.forEach((connection) => connection.publish?.(text));
		await new Promise((resolve) => setTimeout(resolve));
	}
	for (let i = 0; i < 400 && Object.values(got).some((texts) => texts.length < want.length); i++) {
		await new Promise((resolve) => setTimeout(resolve, 25));
	}
	publisher.close();
	connections.forEach((connection) => connection.close());
	return [...Object.entries(got).map(([key, texts]) => {
		const at = want.findIndex((text, i) => text !== texts[i]);
		return key + ": " + (at < 0 && texts.length === want.length ? "all in order" : texts.length + " messages, number " + (at + 1) + " is " + String(texts[at]).slice(0, 20));
	}), ...problems].join("\n");
})`

// The five transports deliver the same feed in order, also when the EventSource is cut in the middle.
func TestWhySameFeedInOrder(t *testing.T) {
	t.Parallel()
	s, f := newFeedSite(t)
	f.cut = 50_000 // of some 200,000
	p := visit(t, s, "#/why", "ERR_INCOMPLETE_CHUNKED_ENCODING")
	must(t, p.Unwatch())
	got := get[string](p, deliver+`(400, 500)`)
	want := "poll: all in order\nlongpoll: all in order\nevents: all in order\nsocket: all in order\nchannel: all in order\n" +
		"events: The stream was cut: the browser connects again"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(f.resumed) != 1 || f.resumed[0] == "0" {
		t.Errorf("the EventSource came again with Last-Event-ID %q", f.resumed)
	}
}

// Every connection is cut, and the server still has the feed: nothing that it was told is lost.
func TestWhyConnectionsAreCut(t *testing.T) {
	t.Parallel()
	s, _ := newFeedSite(t)
	p := visit(t, s, "#/why", "WebSocket connection to ", "Failed to load resource", "ERR_")
	must(t, p.Unwatch())
	// In two halves, of which the server has the first when the connections are cut.
	get[bool](p, `(async () => {
		const { transports } = await import("/why/transports.js");
		const { create } = await import("/why/feed.js");
		const feed = await create();
		const got = Object.fromEntries(transports.map(({ key }) => [key, []]));
		for (const { key, open } of transports.slice(0, 4)) open(feed, {after: 0, interval: 50, onopen() {}, onproblem() {}, onmessage: (text) => got[key].push(text)});
		globalThis.got = got;
		globalThis.publish = async (from, to) => {
			const socket = feed.socket("publish");
			await new Promise((resolve) => socket.onopen = resolve);
			for (let n = from; n <= to; n++) socket.send(String(n));
			while ((await feed.counts()).published < to) await new Promise((resolve) => setTimeout(resolve, 20));
		};
		await publish(1, 100);
		return true;
	})()`)
	s.cut()
	get[bool](p, `publish(101, 200).then(() => true)`)
	for _, transport := range everyTransport[:4] {
		p.wait(`got.` + transport + `.length >= 200`)
		if text := get[string](p, `got.`+transport+`.join(" ")`); text != get[string](p, `Array.from({length: 200}, (_, i) => i + 1).join(" ")`) {
			t.Errorf("%s: %s", transport, text)
		}
	}
}

// A cursor that no feed has given: each transport is refused, and passes on what the server or the browser says of it.
func TestWhyForgedCursor(t *testing.T) {
	t.Parallel()
	s, _ := newFeedSite(t)
	p := visit(t, s, "#/why", "WebSocket connection to ", "Failed to load resource")
	got := get[string](p, `(async () => {
		const { transports } = await import("/why/transports.js");
		const { create } = await import("/why/feed.js");
		const feed = await create();
		return (await Promise.all(transports.slice(0, 4).map(({key, open}) => new Promise((resolve) => {
			const connection = open(feed, {after: 7, interval: 50, onopen() {}, onmessage: (text) => resolve(key + " got " + text),
				onproblem: (problem) => setTimeout(() => { connection.close(); resolve(key + ": " + problem); })});
			setTimeout(resolve, 5000, key + ": no problem");
		})))).join("\n");
	})()`)
	const says = "The server answered 400: after: a cursor is the number of a message that was published, or 0"
	want := "poll: " + says + "\nlongpoll: " + says + "\nevents: The server refused the stream\nsocket: Closed with 1006"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What arrives is told apart from what is missing, late or there twice.
func TestWhyArrivals(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/why")
	got := get[string](p, `(async () => {
		const { Arrivals } = await import("/why/arrivals.js");
		const { Histogram } = await import("/why/histogram.js");
		const show = (begin, taken, end) => {
			const a = new Arrivals();
			a.begin(begin);
			taken.forEach((n) => a.take(n, 1));
			a.miss(end + 1);
			return [a.messages, a.lost, a.disordered, a.reached(end)].join(" ");
		};
		const h = new Histogram();
		const nothing = h.quantile(0.5);
		for (let i = 1; i <= 1000; i++) h.add(i);
		const near = (share, want) => Math.abs(h.quantile(share) / want - 1) < 0.026;
		const extremes = new Histogram();
		[-1, 0, 1e9].forEach((v) => extremes.add(v));
		return [show(1, [1, 2, 3], 3), show(1, [1, 4], 5), show(1, [1, 3, 2, 2], 3), show(3, [3], 3), show(1, [], 6000), nothing,
			near(0.001, 1), near(0.5, 500), near(0.95, 950), near(1, 1000), extremes.quantile(0.5), extremes.quantile(1) > 60000].join("\n");
	})()`)
	want := "3 0 0 true\n2 3 0 true\n4 0 2 true\n1 0 0 true\n0 6000 0 true\n\ntrue\ntrue\ntrue\ntrue\n0.05\ntrue"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
