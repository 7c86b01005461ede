package web

import (
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"
)

// What the Content-Security-Policy forbids would fail in the browser only when
// it is reached; here it is found in the files.
var forbidden = []struct {
	what     string
	in       string // extensions
	pattern  *regexp.Regexp
	examples []string
}{
	{"another origin", ".html .css .js .svg", regexp.MustCompile(`(?i)\b(https?|wss?)://[^\s/"'\x60<>]*\w`),
		[]string{`<img src="https://example.com/a.png">`, `fetch("http://example.com")`, `new WebSocket("wss://example.com/echo")`}},
	{"another origin", ".html .css .js .svg", regexp.MustCompile(`(?i)(src|href|action|poster)\s*=\s*["']?//|url\(\s*["']?//|(from|import)\s*\(?\s*["']//`),
		[]string{`<script src="//example.com/a.js">`, `background: url(//example.com/a)`, `import "//example.com/a.js"`}},
	{"another origin's module", ".js", regexp.MustCompile(`\bimport\s*\(?\s*["'][^."']|\bfrom\s*["'][^."']`),
		[]string{`import "lit"`, `import { a } from "lit"`}},
	{"a data: or blob: address", ".html .css .js .svg", regexp.MustCompile(`(?i)["'(]\s*(data|blob|javascript):`),
		[]string{`url(data:image/png;base64,AA)`, `<a href="javascript:go()">`}},
	{"an inline script", ".html .svg", regexp.MustCompile(`(?i)<script(\s+(type|blocking|async|defer)(="[^"]*")?)*\s*>`),
		[]string{`<script>go()</script>`, `<script type="module">go()</script>`}},
	{"an event handler in an attribute", ".html .svg", regexp.MustCompile(`(?i)<[^>]*\son[a-z]+\s*=`),
		[]string{`<button id="a" onclick="go()">`}},
	{"an inline style", ".html .svg", regexp.MustCompile(`(?i)<style|<[^>]*\sstyle\s*=`),
		[]string{`<style>a{}</style>`, `<p style="color:red">`}},
	{"a style attribute set as text", ".js", regexp.MustCompile(`setAttribute\(\s*["']style|\.cssText`),
		[]string{`e.setAttribute("style", "color:red")`}},
	{"markup or code made from text", ".js", regexp.MustCompile(`\.(inner|outer)HTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function\(`),
		[]string{`e.innerHTML = name`, `eval("1")`}},
}

// The name of SVG's namespace looks like an address, and is none.
const svgNamespace = `xmlns="http://www.w3.org/2000/svg"`

// A line of nothing but comment.
var comment = regexp.MustCompile(`^\s*(//|\* )`)

func TestPageKeepsItsOwnPolicy(t *testing.T) {
	for _, rule := range forbidden {
		for _, example := range rule.examples {
			if !rule.pattern.MatchString(example) {
				t.Errorf("the pattern for %s does not find %q", rule.what, example)
			}
		}
	}
	files := 0
	err := fs.WalkDir(embedded, "page", func(name string, entry fs.DirEntry, err error) error {
		built := isModule("/" + strings.TrimPrefix(name, "page/")) // Go's, not ours
		if err != nil || entry.IsDir() || built {
			return err
		}
		text, err := fs.ReadFile(embedded, name)
		if err != nil {
			return err
		}
		files++
		vendored := strings.HasPrefix(name, "page/vendor/")
		for i, line := range strings.Split(strings.ReplaceAll(string(text), svgNamespace, ""), "\n") {
			if vendored && comment.MatchString(line) {
				continue // it says where an idea comes from
			}
			for _, rule := range forbidden {
				if strings.Contains(rule.in+" ", path.Ext(name)+" ") && rule.pattern.MatchString(line) {
					t.Errorf("%s:%d: %s: %s", name, i+1, rule.what, strings.TrimSpace(line))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Errorf("looked at %d files: the page has more", files)
	}
}

var reference = regexp.MustCompile(`(?:\b(?:src|href)="|\b(?:from |import |import\()")([^"#]+)"|new URL\("([^"]+)", import\.meta\.url\)`)

// Every file that a file of the page names is there, but for the two that are built.
func TestPageIsComplete(t *testing.T) {
	found := 0
	err := fs.WalkDir(embedded, "page", func(name string, entry fs.DirEntry, err error) error {
		ext := path.Ext(name)
		if err != nil || entry.IsDir() || (ext != ".html" && ext != ".js") || isModule("/"+strings.TrimPrefix(name, "page/")) {
			return err
		}
		text, err := fs.ReadFile(embedded, name)
		if err != nil {
			return err
		}
		for _, m := range reference.FindAllStringSubmatch(string(text), -1) {
			target := path.Join(path.Dir(name), m[1]+m[2])
			found++
			if isModule("/" + strings.TrimPrefix(target, "page/")) {
				continue
			}
			if _, err := fs.Stat(embedded, target); err != nil {
				t.Errorf("%s names %s: %v", name, m[1]+m[2], err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 60 {
		t.Errorf("found %d references: the page has more", found)
	}
}
