package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"sync"
)

// A file of the page, in the forms in which it can be sent.
type file struct {
	contentType string
	plain       form
	gzipped     func() form // compresses when first called; plain if that gains nothing
}

// A form is the body under one content encoding, with the strong ETag that
// belongs to exactly these bytes.
type form struct {
	encoding string // "" or "gzip"
	etag     string
	body     []byte
}

func newFile(contentType string, body []byte) *file {
	sum := sha256.Sum256(body)
	tag := base64.RawURLEncoding.EncodeToString(sum[:15])
	plain := form{etag: `"` + tag + `"`, body: body}
	return &file{
		contentType: contentType,
		plain:       plain,
		gzipped: sync.OnceValue(func() form {
			packed := compress(body)
			if len(packed) >= len(body) {
				return plain
			}
			return form{encoding: "gzip", etag: `"` + tag + `-gzip"`, body: packed}
		}),
	}
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a valid one
	}
	w.Write(body) // into memory: cannot fail
	w.Close()
	return b.Bytes()
}
