#!/bin/sh
# Builds the browser module and the server, and becomes the server. It needs Go and nothing else.
# PORT=8081 ./serve.sh takes another port; arguments are passed on: ./serve.sh -help
set -eu
cd "$(dirname "$0")"

needed=$(sed -n 's/^go \([0-9]*\.[0-9]*\).*/\1/p' go.mod)
fail() {
	echo "serve.sh: $1. Go $needed or later is at https://go.dev/dl/" >&2
	exit 1
}
command -v go >/dev/null || fail "go is not installed, or not on the PATH"
version=$(go env GOVERSION) || fail "this go cannot build the project"
awk -v have="${version#go}" -v need="$needed" 'BEGIN {
	split(have, h, "[.a-z]"); split(need, n, ".")
	exit !(h[1] > n[1] || h[1] == n[1] && h[2] + 0 >= n[2] + 0)
}' || fail "this is $version, which is too old"

go generate ./server/cmd/tandem
go build -trimpath -o bin/tandem ./server/cmd/tandem
exec bin/tandem "$@"
