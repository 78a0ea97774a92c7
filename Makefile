# Fumehood. 'make run' for a running daemon, 'make test' for every test.
# Each target first says what is missing on this machine and installs it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO ?= go
export CGO_ENABLED ?= 0
# With these, what a test needs and cannot have is a failure, not a skip.
REQUIRE ?= oci,engines
LINT := bin/staticcheck

.PHONY: help run build test check lint fuzz bench bench-load soak soak-hostile deps runc box engines clean

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: build ## build everything, start the daemon on 127.0.0.1:8080, compile a page, keep serving
	@scripts/run

build: deps bin/fumehood runc box ## build the daemon, runc and the box images

deps: ## install the Debian packages that building needs
	@scripts/deps build

VERSION = $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
bin/fumehood: FORCE
	@$(GO) build -trimpath -buildvcs=false -ldflags '-X main.version=$(VERSION)' -o $@ ./cmd/fumehood

runc: ## build the pinned runc, unless the host's is as new
	@scripts/runc

box: bin/fumehood ## build the box images that are missing
	@./bin/fumehood box build

engines: ## install the node boxes' npm packages to bin/engines, for tests that call them directly
	@scripts/engines

test: build $(LINT) ## run every test, with the race detector, against the real runc
	@scripts/deps test
	@scripts/engines
	@$(MAKE) --no-print-directory lint
	CGO_ENABLED=1 FUMEHOOD_REQUIRE=$(REQUIRE) $(GO) test -race -timeout 40m ./...

check: test fuzz ## what CI runs: every test, then each decoder fuzzed for FUZZTIME

lint: $(LINT) ## gofmt, vet, staticcheck, Ruby's own warnings
	@scripts/lint

$(LINT): tools/staticcheck/go.mod
	@$(GO) build -C tools/staticcheck -buildvcs=false -o ../../$@ honnef.co/go/tools/cmd/staticcheck

FUZZTIME ?= 30s
fuzz: ## fuzz the decoders and filters, FUZZTIME each, two side by side
	@scripts/fuzz $(FUZZTIME)

bench: build ## measure what docs/BENCHMARKS.md claims
	@scripts/deps test
	@scripts/engines
	@scripts/bench
	@scripts/bench-hits
	@scripts/bench-languages

bench-load: build ## measure a daemon under load, beside Sinatra, Node, docker run and bare loops; 25 minutes
	@scripts/deps bench
	@scripts/engines
	@if [ -x /usr/sbin/dockerd ]; then scripts/docker-for-bench scripts/bench-load; else scripts/bench-load; fi

SOAK ?= 20000
soak: build ## fork SOAK cells in each kind of box, and fail if one of them fails
	@./bin/fumehood bench --soak-forks $(SOAK)

HOSTILE ?= 100000
soak-hostile: build ## send HOSTILE requests, attacks and compiles at once, and fail if one is wrong or leaves anything
	@./bin/fumehood prove --soak $(HOSTILE)

clean: ## remove what was built here; images stay
	rm -rf bin

FORCE:
