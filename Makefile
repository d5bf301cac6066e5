# Two commands do all: `make run` and `make test`. Everything they need is prepared on the way.
.DEFAULT_GOAL := help
.PHONY: help setup run test servers test-core test-engine test-store test-inside test-running test-terminal test-rest test-browser check bench bench-web prove mutants proofs lock generate screenshots

# The newest Python that fits and runs: a version manager's stand-in for one that is not installed does not.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; raise SystemExit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# Tests start many processes: each would compile all modules anew where nothing may be kept.
unexport PYTHONDONTWRITEBYTECODE
# The tests of the core and of the kit leave no branch of either untried.
COVERED := tests/core tests/probes/kit
# Eight parts and the checks, four at a time: most of them wait for other processes as long as they compute. The longest
# come first, so that none is left alone at the end. What a browser is needed for has a process of its own, as its
# driver keeps an event loop.
BROWSER := tests/browser
ENGINE := tests/engine
STORE := tests/adapters tests/faults
INSIDE := tests/probes tests/scenarios tests/prove
RUNNING := tests/e2e tests/real
TERMINAL := tests/cli

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/ready ## prepare .venv; the command is then .venv/bin/driftline

run: .venv/ready ## the example stack, no credentials: simulated vendors and the daemon on http://127.0.0.1:9731/
	$(BIN)/driftline demo

test: .venv/ready-dev ## all tests and checks, with what they need installed first
	sh tests/prepare.sh
	$(MAKE) -k -j 4 $(if $(filter output-sync,$(.FEATURES)),-O) \
		servers test-running test-rest test-engine check test-terminal test-store test-inside test-browser test-core

# Beside the parts that wait most; tests that come to it first install it themselves. Where one cannot be installed its
# tests say so: they skip by name, and fail in CI.
servers: .venv/ready-dev
	-$(BIN)/python -m tests.real.directus
	-$(BIN)/python -m tests.real.provider

test-core:
	$(BIN)/python -m pytest -q $(COVERED) --cov --cov-report=term:skip-covered --cov-fail-under=100

test-engine:
	$(BIN)/python -m pytest -q $(ENGINE)

test-store:
	$(BIN)/python -m pytest -q $(STORE)

test-inside:
	$(BIN)/python -m pytest -q $(INSIDE) $(COVERED:%=--ignore=%)

test-running:
	$(BIN)/python -m pytest -q $(RUNNING)

test-terminal:
	$(BIN)/python -m pytest -q $(TERMINAL)

test-rest:
	$(BIN)/python -m pytest -q $(COVERED:%=--ignore=%) $(ENGINE:%=--ignore=%) $(STORE:%=--ignore=%) $(INSIDE:%=--ignore=%) $(RUNNING:%=--ignore=%) $(TERMINAL:%=--ignore=%) $(BROWSER:%=--ignore=%)

test-browser:
	$(BIN)/python -m pytest -q $(BROWSER)

check: .venv/ready-dev ## formatting, lint, types, layers, the Dockerfile
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hadolint deploy/Dockerfile

bench: .venv/ready-dev ## the performance figures, as ratios within one run
	$(BIN)/python -m tests.benchmarks

bench-web: .venv/ready-dev ## the review queue with 100,000 open findings, 20 people on it and 1,000 integrations polling
	$(BIN)/python -m tests.benchmarks.web

prove: .venv/ready-dev ## 20,000 random changes of every key of the answers: each found, or rightly silent
	$(BIN)/python -m tests.prove

mutants: .venv/ready-dev ## plausible bugs, put in one at a time: a named test must fail for each
	$(BIN)/python -m tests.mutants

proofs: .venv/ready-dev ## the long proofs, before a release
	sh tests/prepare.sh
	sh tests/deploy/prepare.sh
	$(BIN)/python -m tests.properties
	$(BIN)/python -m tests.faults
	$(BIN)/python -m pytest -q -s -m proof tests/e2e tests/deploy tests/engine tests/dashboards tests/setup tests/browser
	$(BIN)/python -m tests.soak

generate: .venv/ready-dev ## reference docs, JSON Schemas, rules and dashboards from the code
	$(BIN)/python -m tests.scenarios.examples
	$(BIN)/python -m monitor.reference
	$(BIN)/python -m tests.probes.quality
	$(BIN)/python -m tests.proof

screenshots: .venv/ready-dev ## the pictures of the README and the docs, taken of the example stack
	sh tests/prepare.sh
	$(BIN)/python -m tests.browser.pictures

lock: ## pin every dependency with its hashes (needs uv)
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
		--python-version 3.11 --extra build pyproject.toml -o requirements.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
		--python-version 3.11 --extra build --extra dev pyproject.toml -o requirements-dev.lock

.venv/ready: requirements.lock pyproject.toml
	PYTHON="$(PYTHON)" sh deploy/setup.sh requirements.lock
	touch $@

.venv/ready-dev: requirements.lock requirements-dev.lock pyproject.toml
	PYTHON="$(PYTHON)" sh deploy/setup.sh requirements-dev.lock
	touch .venv/ready $@
