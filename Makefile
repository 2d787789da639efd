# Everything works in a fresh clone with nothing but Python 3.11 or later: each target makes the environment it needs.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The first Python on PATH that is new enough and runs (a shim may stand for one that is not there).
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && command -v "$$python" && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
# Workers share the cores: two more than there are, because many tests wait: for processes, for leases, for what has to time out.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1); echo $$(( n + 2 )))
# One seed for hashes: sets have the same order in every run, so that a run covers what the one before did. `make chance` and
# `make test-all` draw theirs.
PYTHONHASHSEED ?= 0
export PYTHONHASHSEED
# Hundreds of tests start processes: each would compile all that it imports, the frameworks too, where bytecode is not kept.
unexport PYTHONDONTWRITEBYTECODE
# Who has nothing left to do takes tests of a worker that has: some take half a minute. Nobody is asked anything: where standard input is closed (nohup, cron), the first socket would take its number.
PYTEST := </dev/null $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
FILE ?=
PORT ?=

.PHONY: docs pictures release
.PHONY: help demo demo-web test quick test-lint test-runtime test-all chance lint types contracts format bench clean

help: ## Show the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

.PHONY: environment demo-environment second-environments servers mypy pyright everything
environment:
	@.ci/install $(VENV) "$(PYTHON)" dev

demo-environment: # the demo does not wait for the frameworks that only the tests need
	@.ci/install $(VENV) "$(PYTHON)" demo

second-environments: environment
	@$(BIN)/python .ci/second_environments.py

servers: environment # where there is none on PATH; where one cannot be had, its tests say why they are skipped
	@$(BIN)/python .ci/debian_programs.py $(VENV) pgbouncer redis-server nvim chromium-headless-shell

demo: demo-environment ## Lint the sample bank, then protect it, retry it and kill it, readably.
	@$(BIN)/python examples/demo.py

demo-web: demo-environment ## A page to click: one transfer with the mark and without, a cut network, a killed server. PORT=8080 serves it there.
	@exec $(BIN)/python examples/demo_web.py $(if $(PORT),--port $(PORT))

test: $(if $(FILE),environment,everything) ## All checks, and all tests with full branch coverage. FILE=tests/... runs one file or folder.
	$(PYTEST) $(if $(FILE),$(FILE),--cov --cov-report=term)

everything: environment
	@$(MAKE) --no-print-directory -j2 lint mypy pyright contracts docs second-environments servers

quick: lint contracts ## ruff, contracts, and the tests that need no server, in less than a minute.
	IDEM_TESTS=quick $(PYTEST) -q tests

test-lint: second-environments servers ## The linter's tests.
	$(PYTEST) tests/lint

test-runtime: servers ## The runtime's tests.
	$(PYTEST) tests/runtime

test-all: ## All that is exhaustive too, on every Python 3.11-3.14 that is present, and on the system's Postgres.
	@.ci/test-all

chance: everything ## Find what is covered by chance: one worker, other orders, a slowed machine. FILE= as above.
	$(BIN)/python .ci/chance.py $(FILE)

lint: environment ## ruff.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: mypy pyright ## mypy --strict and pyright.

mypy: environment
	$(BIN)/mypy

pyright: environment
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright --pythonpath $(BIN)/python

contracts: environment ## The layers, as import-linter contracts.
	$(BIN)/lint-imports

docs: environment ## The documentation's site, into ./site: every link and anchor checked.
	@.ci/docs $(BIN)/python

release: environment ## Build sdist and wheel twice alike into ./dist, check them, install and try them.
	@$(BIN)/python .ci/release.py

pictures: environment ## Record and draw the front page's pictures again.
	$(BIN)/python -m pictures

bench: environment ## Speed: the linter and the runtime, against doing without and against other tools; into docs/performance.md.
	@$(BIN)/python benchmarks/run.py --write
	@$(BIN)/python -m benchmarks.runtime.run --write
	@$(BIN)/python -m benchmarks.runtime.adapters.run --write
	@$(BIN)/python -m benchmarks.runtime.floor
	@$(BIN)/python -m benchmarks.runtime.claims
	@$(BIN)/python -m benchmarks.runtime.storm --write
	@$(BIN)/python -m benchmarks.runtime.grpc_calls
	@$(BIN)/python -m benchmarks.runtime.powertools_route
	@$(BIN)/python -m benchmarks.runtime.client_calls
	@$(BIN)/python -m benchmarks.runtime.powertools_layer
	@$(BIN)/python -m benchmarks.runtime.purge --write
	@$(BIN)/python -m pictures.plots
	@$(BIN)/python -m tests.project.readme

format: environment ## Format everything.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## Remove the environments and what the tools left.
	rm -rf .venv .venv-* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.*
