package main

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// A chart is a drawing in SVG, readable on light and on dark ground.
type chart struct {
	title string
	b     strings.Builder
	y     float64 // where the next thing goes
}

const (
	chartWidth = 720.0
	chartStyle = `text{font:12px system-ui,sans-serif;fill:#444}.title{font-size:15px;font-weight:600}.grid{stroke:#8884;fill:none}` +
		`.line{fill:none;stroke-width:2}@media(prefers-color-scheme:dark){text{fill:#ccc}}`
)

// colours are seen on either ground. Servers have them in their order, round and round.
var colours = []string{"#2f81f7", "#12a594", "#d4761f", "#8e6cd8", "#c9457c", "#7d8b24", "#8b8f98", "#b3544a", "#5b8c9e", "#a0865a"}

func newChart(title string) *chart {
	c := &chart{title: title, y: 24}
	c.text(0, c.y, "start", title, ` class="title"`)
	c.y += 14
	return c
}

// String returns the file.
func (c *chart) String() string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 0 %g %g" role="img"><title>%s</title><style>%s</style>%s</svg>`+"\n",
		chartWidth+16, math.Ceil(c.y), html.EscapeString(c.title), chartStyle, c.b.String())
}

func (c *chart) text(x, y float64, anchor, s, attributes string) {
	fmt.Fprintf(&c.b, "\n"+`<text x="%s" y="%s" text-anchor="%s"%s>%s</text>`, px(x), px(y), anchor, attributes, html.EscapeString(s))
}

func px(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }

// A bar is one server's figure.
type bar struct {
	name   string
	value  float64
	label  string
	colour string
}

// bars draws a group of bars, one below the other, to a scale that ends at most.
func (c *chart) bars(heading string, most float64, all []bar) {
	const left, right, height = 140.0, 110.0, 18.0
	if heading != "" {
		c.y += 16
		c.text(0, c.y, "start", heading, "")
		c.y += 4
	}
	for _, b := range all {
		if math.IsNaN(b.value) {
			continue
		}
		width := (chartWidth - left - right) * b.value / most
		c.y += height
		c.text(left-8, c.y-4, "end", b.name, "")
		fmt.Fprintf(&c.b, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s"/>`, px(left), px(c.y-height+3), px(max(width, 1)), px(height-4), b.colour)
		c.text(left+width+6, c.y-4, "start", b.label, "")
	}
	c.y += 8
}

// A series is one server's line.
type series struct {
	name   string
	colour string
	points []point
}

type point struct{ x, y float64 }

// An axis goes from its first tick to its last, logarithmically where log is set.
type axis struct {
	name  string
	log   bool
	ticks []tick
}

type tick struct {
	at    float64
	label string
}

func (a axis) place(v float64) float64 {
	first, last := a.ticks[0].at, a.ticks[len(a.ticks)-1].at
	if a.log {
		return (math.Log(v) - math.Log(first)) / (math.Log(last) - math.Log(first))
	}
	return (v - first) / (last - first)
}

// lines draws series over a pair of axes, with their names below.
func (c *chart) lines(x, y axis, all []series) {
	const left, right, height = 70.0, 16.0, 260.0
	top, width := c.y+16, chartWidth-left-right
	at := func(p point) (float64, float64) {
		return left + width*x.place(p.x), top + height*(1-y.place(p.y))
	}
	c.text(0, c.y+4, "start", y.name, "")
	for _, t := range y.ticks {
		_, v := at(point{x.ticks[0].at, t.at})
		fmt.Fprintf(&c.b, `<path class="grid" d="M%s %sh%s"/>`, px(left), px(v), px(width))
		c.text(left-8, v+4, "end", t.label, "")
	}
	for _, t := range x.ticks {
		h, _ := at(point{t.at, y.ticks[0].at})
		fmt.Fprintf(&c.b, `<path class="grid" d="M%s %sv%s"/>`, px(h), px(top), px(height))
		c.text(h, top+height+18, "middle", t.label, "")
	}
	c.text(left+width, top+height+36, "end", x.name, "")
	for _, s := range all {
		var d strings.Builder
		for i, p := range s.points {
			h, v := at(p)
			fmt.Fprintf(&d, "%c%s %s", "ML"[min(i, 1)], px(h), px(v))
		}
		fmt.Fprintf(&c.b, "\n"+`<path class="line" stroke="%s" d="%s"><title>%s</title></path>`, s.colour, d.String(), html.EscapeString(s.name))
		for _, p := range s.points {
			h, v := at(p)
			fmt.Fprintf(&c.b, `<circle cx="%s" cy="%s" r="3" fill="%s"/>`, px(h), px(v), s.colour)
		}
	}
	c.y = top + height + 44
	for i, s := range all {
		h := left + float64(i%4)*160
		if i%4 == 0 {
			c.y += 18
		}
		fmt.Fprintf(&c.b, `<path stroke="%s" stroke-width="3" d="M%s %sh18"/>`, s.colour, px(h), px(c.y-4))
		c.text(h+24, c.y, "start", s.name, "")
	}
	c.y += 12
}

// decades returns ticks at the powers of ten that enclose all values.
func decades(low, high float64, label func(float64) string) (ticks []tick) {
	first := int(math.Floor(math.Log10(low)))
	for e := first; ; e++ {
		v := math.Pow10(e)
		ticks = append(ticks, tick{v, label(v)})
		if v >= high && e > first {
			return ticks
		}
	}
}

// steps returns about five round ticks from 0 to at least high.
func steps(high float64, label func(float64) string) (ticks []tick) {
	step := math.Pow10(int(math.Floor(math.Log10(high / 2))))
	for _, times := range []float64{1, 2, 5, 10} {
		if high/(step*times) <= 6 {
			step *= times
			break
		}
	}
	for v := 0.0; ; v += step {
		ticks = append(ticks, tick{v, label(v)})
		if v >= high {
			return ticks
		}
	}
}
