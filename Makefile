# The two commands: make demo, make test. Everything else helps those.
export GOFLAGS += -tags=sqlite_fts5
GO ?= go
TOOLS = $(GO) tool -modfile=tools/go.mod

.PHONY: build run demo test check generate bench bench-layers bench-mail bench-rebase calibrate clean

build: ## bin/upstreamd
	$(GO) build -o bin/upstreamd ./cmd/upstreamd

run: build ## the daemon, with your own upstreamd.toml
	bin/upstreamd serve

demo: build ## a small world, every stage, and a dashboard to open
	bin/upstreamd demo

test: ## installs what tests need, then runs all of them
	sh scripts/install-test-tools
	$(GO) vet ./...
	$(GO) test -race -timeout 25m ./...

check: ## formatting, lint, generated code
	sh scripts/check

generate: ## templ components to Go
	$(GO) tool templ generate -path web

bench: build ## prints the figures of docs/measurements.md
	sh scripts/bench

bench-layers: build ## layers with the scorers; cold, again, after one commit; archives of the past
	sh scripts/bench-layers

bench-rebase: build ## patches on other versions beside git and GNU patch; moved versions; ranking without source
	sh scripts/bench-rebase

bench-mail: build ## series of real lists with the scorer; IMAP and import rates beside notmuch and public-inbox-index
	sh scripts/bench-mail
	sh scripts/bench-imap
	sh scripts/bench-archive 10000

calibrate: ## refits how patches are judged to labelled ones, and says what to expect on other projects
	$(GO) test ./internal/diffmatch -tags "sqlite_fts5 calibrate" -run TestCalibrate -count=1 -v -timeout 60m -args -write
	$(GO) test ./internal/rebase -tags "sqlite_fts5 calibrate" -run TestCalibrateRank -count=1 -v -timeout 60m -args -write

clean:
	rm -rf bin tmp
