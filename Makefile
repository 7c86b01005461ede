# The tree has two modules: this one, which needs nothing but Go, and interop, which has what the tests need. Nobody has
# to know: each target does what it says for both.

MODULE    := web/page/wasm/tandem.wasm
MAX_SIZE  := 560000
FUZZTIME  := 10s
SOAKTIME  := 10m
BENCHTIME := 1s
INTEROP   := go -C interop

# The browser module must not have these: they would cost each visitor up to half a megabyte.
HEAVY := fmt|log|os|net|net/.*|encoding/(hex|json)|crypto/.*

# The test runs, which tally adds up. The server's tests mostly wait, and so run beside each other. The race detector is for
# what has goroutines, 386, in CI, for what counts bytes; a machine that cannot do one of them says so. None is vetted: lint has
# done that. Collecting garbage costs the race detector, which has to forget what it knew of it, a third of its time: it is done
# less.
ALL     := go test -vet=off ./...
RACE    := $(if $(filter 1,$(shell go env CGO_ENABLED)),env GOGC=400 go test -race -vet=off -short ./server ./server/cmd/... ./server/endpoints/... ./wasm/...,\
	skip the tests with the race detector: no C compiler)
ARCH386 := $(if $(filter linux/amd64 linux/386 windows/amd64,$(shell go env GOHOSTOS)/$(shell go env GOHOSTARCH)),\
	env GOARCH=386 CGO_ENABLED=0 go test -vet=off -short ./shared/... ./server/...,skip the tests with GOARCH=386: this machine cannot run them)
REST    := $(INTEROP) test -vet=off ./browser ./... # the longest first: two packages run beside each other

.PHONY: help build module serve test test-race test-386 test-browser conform compare lint systems size fuzz soak bench bench-go cover clean tally

help: ## lists the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14

build: module ## builds the browser module and bin/tandem
	@go build -trimpath -o bin/tandem ./server/cmd/tandem

module: ## builds the browser module, web/page/wasm/tandem.wasm, and its loader
	@go generate ./server/cmd/tandem

serve: ## builds both and serves the page; PORT=8081 chooses the port
	@exec ./serve.sh

test: build tally ## what can run in five minutes: lint, size, and all tests, with the race detector and in browsers too
	@$(MAKE) -s -j2 lint size # which take one processor each
	@bin/tally $(RACE) + $(ALL) -- $(REST)

test-race: tally ## the tests where goroutines meet, with the race detector
	@bin/tally $(RACE)

test-386: tally ## the protocol's tests on a 32-bit machine; CI does
	@bin/tally $(ARCH386)

test-browser: build tally ## the tests in real browsers; REQUIRE_BROWSERS=1 makes their absence a failure
	@bin/tally $(INTEROP) test ./browser/...

conform: ## conformance: our own ends, or URL="ws://…" for servers; FLAGS="-full -json report.json"
	@$(INTEROP) build -o ../bin/conform ./cmd/conform
	@bin/conform $(FLAGS) $(URL)

compare: ## the same suite on nhooyr.io/websocket beside us: interop/COMPARISON.md
	@$(INTEROP) run ./compare

lint: ## gofmt, go vet for this system and the browser, staticcheck, and what the browser module and go.mod may hold
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	@go vet ./...
	@GOOS=js GOARCH=wasm go vet ./...
	@for os in linux darwin windows; do GOOS=$$os go build ./... || exit 1; done
	@$(INTEROP) vet ./...
	@$(INTEROP) build -o ../bin/staticcheck honnef.co/go/tools/cmd/staticcheck
	@bin/staticcheck ./...
	@GOOS=js GOARCH=wasm bin/staticcheck ./wasm/...
	@cd interop && ../bin/staticcheck -checks inherit,-SA1019 ./... # the reference peer is deprecated under its old name
	@heavy=$$(GOOS=js GOARCH=wasm go list -deps ./wasm/... | grep -xE '$(HEAVY)'); \
		test -z "$$heavy" || { echo "the browser module imports:" $$heavy; exit 1; }
	@! grep -q require go.mod || { echo "go.mod: whoever imports this gets what it requires; tests' needs belong to interop"; exit 1; }

systems: ## go vet for each system, and of what only the race detector, 386 and s390x see; CI does
	@for os in linux darwin windows; do GOOS=$$os go vet ./... || exit 1; done
	@go vet -tags race ./server
	@for arch in 386 s390x; do GOOS=linux GOARCH=$$arch go vet ./server || exit 1; done

size: module ## the browser module raw, gzipped and with brotli; fails above MAX_SIZE bytes
	@$(INTEROP) run ./cmd/size -limit $(MAX_SIZE) ../$(MODULE)

fuzz: ## each fuzz target for FUZZTIME
	@for module in . interop; do \
		for package in $$(go -C $$module list ./...); do \
			targets=$$(go -C $$module test -list '^Fuzz' $$package) || exit 1; \
			for target in $$(echo "$$targets" | grep '^Fuzz'); do \
				echo "> $$package $$target"; \
				go -C $$module test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$package || exit 1; \
			done; \
		done; \
	done

soak: ## 2,000 connections that talk, stall and break for SOAKTIME: nothing lost, nothing left behind
	@$(INTEROP) run ./soak -for $(SOAKTIME)

bench: ## our server and its peers side by side: interop/bench/RESULTS.md, in some twenty minutes; FLAGS=-short
	@$(INTEROP) run ./bench -o bench/RESULTS.md $(FLAGS)

bench-go: ## the Go benchmarks of this tree, with allocations
	@go test -run '^$$' -bench . -benchtime $(BENCHTIME) -benchmem ./...

cover: ## how much of the code the tests reach
	@mkdir -p bin
	@go test -coverpkg ./... -coverprofile bin/cover.out ./... >bin/cover.txt || { cat bin/cover.txt; exit 1; }
	@go tool cover -func bin/cover.out | tail -n 1

clean: ## removes what make builds
	@rm -rf bin $(MODULE) web/page/wasm/wasm_exec.js

tally:
	@$(INTEROP) build -o ../bin/tally ./cmd/tally
