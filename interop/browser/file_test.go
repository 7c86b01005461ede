package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// file makes a file of this size, without taking up the room.
func file(t *testing.T, name string, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(path, nil, 0o600))
	must(t, os.Truncate(path, size))
	return path
}

// sendFile chooses a file in a column and sends it.
func (p page) sendFile(column, path string) {
	p.t.Helper()
	p.act(column, "tab-file")
	must(p.t, p.Choose(in(column)+"[data-input=file]", path))
	p.act(column, "send-file")
}

func TestFiles(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/")
	p.act("go", "open")
	p.state("open", "go", "js")

	p.sendFile("go", file(t, "empty.bin", 0))
	for _, column := range []string{"go", "js"} {
		p.wait(data(column, "transfer") + `.state === "done"`)
		p.logged(column, "out binary 0 ", "in binary 0 ")
	}

	// What the progress bar says on the way, each time it changes.
	const size = 5_000_000
	p.do(`globalThis.seen = {go: [], js: []};
		for (const column of ["go", "js"]) {
			const transfer = document.querySelector("[data-column=" + column + "] [data-field=transfer]");
			new MutationObserver(() => seen[column].push([transfer.dataset.state, transfer.querySelector("progress").value])).observe(transfer, {attributes: true});
		}`)
	p.sendFile("js", file(t, "five.bin", size))
	for _, column := range []string{"go", "js"} {
		p.wait(data(column, "transfer") + `.state === "done"`)
		if got := get[string](p, data(column, "transfer")+".bytes"); got != fmt.Sprint(size) {
			t.Errorf("%s: %s bytes were echoed, not %d", column, got, size)
		}
		p.wait(fmt.Sprintf(`%s.bytes === "%d"`, data(column, "received"), size))
		between := get[bool](p, `seen.`+column+`.some(([state, value]) => state === "sending" && value < 1)`)
		rising := get[bool](p, `seen.`+column+`.every(([, value], i, all) => i === 0 || value >= all[i - 1][1]) && seen.`+column+`.at(-1)[1] === 1`)
		if !between || !rising {
			t.Errorf("%s: the progress was %s", column, get[string](p, "JSON.stringify(seen."+column+")"))
		}
	}
}

// A file that is cancelled stops, and leaves a connection that works.
func TestCancelFile(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/?tandem=off")
	for _, column := range []string{"go", "js"} {
		p.act(column, "open")
		p.state("open", column)
		p.sendFile(column, file(t, "long.bin", 2<<30))
		p.wait(data(column, "transfer") + `.bytes > 0`)
		p.act(column, "cancel-file")
		p.wait(data(column, "transfer") + `.state === "cancelled"`)
		p.wait(data(column, "sent") + `.messages === ` + data(column, "received") + `.messages`)
		p.act(column, "clear")
		p.act(column, "tab-text")
		p.sendText(column, "still there?")
		p.logged(column, "out text 12 still there?", "in text 12 still there?")
		p.act(column, "close")
		p.closed(column, 1000, "", true)
	}
}

// A file dropped on a column is sent.
func TestDropFile(t *testing.T) {
	t.Parallel()
	p := visit(t, theSite(t), "#/?tandem=off")
	p.act("go", "open")
	p.state("open", "go")
	p.do(`(() => {
		const dataTransfer = new DataTransfer();
		dataTransfer.items.add(new File([new Uint8Array([1, 2, 3])], "three.bin"));
		document.querySelector("[data-column=go]").dispatchEvent(new DragEvent("drop", {dataTransfer, bubbles: true, cancelable: true}));
	})()`)
	p.logged("go", "out binary 3 01 02 03", "in binary 3 01 02 03")
	p.wait(data("go", "transfer") + `.state === "done"`)
}
