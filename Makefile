# The one front door: plain `make` lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
BUDGETS := $(wildcard perf/plimsoll.yaml examples/*/plimsoll.yaml)
export NO_MKDOCS_2_WARNING := 1

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: setup
setup: .venv/.ready ## make the virtual environment (every other target does it for you)

.venv/.ready: requirements/uv.txt requirements/dev.txt packages/natalis/pyproject.toml packages/plimsoll/pyproject.toml scripts/setup
	@scripts/setup .venv oldest
	@touch $@

.PHONY: demo
demo: setup ## play a year of real birthdays on a virtual clock
	@$(BIN)/natalis demo

.PHONY: test
test: check test-oldest test-newest ## everything: checks, then all tests on the oldest and the newest Python present

.PHONY: services
services: ## install what is missing of the servers that tests run against (PostgreSQL, RabbitMQ, Redis, nginx, Prometheus…); starts none
	@scripts/services

.PHONY: test-oldest
test-oldest: setup
	@scripts/services || true # it has said what is missing; the tests that need it say it again, and all others run
	@scripts/tests $(BIN)/pytest tests

.PHONY: test-newest
test-newest: setup
	@scripts/services || true # as above
	@scripts/on-newest -m 'not slow' tests

.PHONY: check
check: setup ## format, lint, types, architecture contracts, rendered files, docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@for file in $(BUDGETS); do $(BIN)/plimsoll render $$file --check || exit 1; done
	@$(BIN)/mkdocs build --strict --quiet --site-dir .build/site

.PHONY: format
format: setup ## format the code and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: docs
docs: setup ## serve the documentation on 127.0.0.1:8000
	@$(BIN)/mkdocs serve

.PHONY: bench
bench: setup ## measure all that section 6.2 names, by the hour (ARGS=--quick: minutes); results in perf/results
	@scripts/services wrk
	@scripts/peers bare
	@$(BIN)/python -m perf $(ARGS)

.PHONY: bench-peers
bench-peers: setup services ## measure the same work on Natalis and on other job libraries (an hour; ARGS=--quick: minutes)
	@scripts/peers
	@$(BIN)/python -m perf.peers $(ARGS)

.PHONY: bench-load
bench-load: setup ## measure the load generator beside wrk, and beside k6 and vegeta where they are installed
	@scripts/services wrk
	@$(BIN)/python -m perf load_client load_engine load_memory load_peers $(ARGS)

.PHONY: chaos
chaos: setup ## 100,000 deliveries through a fleet under 200 faults; figures in perf/results/chaos.json
	@scripts/services
	@$(BIN)/python -m natalis.testing.chaos --json perf/results/chaos.json

.PHONY: pins
pins: setup ## resolve the dependencies anew into requirements/*.txt
	@scripts/pins

.PHONY: clean
clean: ## remove everything that was built
	@rm -rf .venv .venvs .build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache site
