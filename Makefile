# Everything a fresh machine needs is installed by these targets; see docs/decisions/0001-toolchain.md.
PYTHON ?= python3
BIN := .venv/bin
JOBS ?= 3

# Compiled Python is kept beside the packages: programs start three times faster, and the checkout stays clean.
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/bytecode
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-quick test-matrix lint lock bench faults screenshots build set-up

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: ## set up and serve the demo on http://127.0.0.1:8000 (PORT=… changes it)
	@$(PYTHON) -m tools.set_up run
	@SCHEDULER_ENV=demo exec $(BIN)/flask --app wsgi run-demo

test: ## set up and run all tests, quick ones first, JOBS=3 at a time
	@$(PYTHON) -m tools.set_up test
	@exec $(BIN)/python -m pytest tests -n $(JOBS) --maxschedchunk 4 $(ARGS)

# The pages (tests/web) take minutes even without a browser, and mail servers (tests/gateways) let one wait.
QUICK := tests/domain tests/ical tests/store tests/services tests/test_architecture.py tests/test_translations.py

test-quick: ## domain, calendar text, store and services without PostgreSQL and Node, below a minute
	@$(PYTHON) -m tools.set_up tools
	@exec $(BIN)/python -m pytest $(QUICK) -n $(JOBS) -m "not browser and not postgres and not slow and not node" $(ARGS)

test-matrix: ## all tests again but the browser's: other zone, clock change, random order, PostgreSQL (SEED=…)
	@$(PYTHON) -m tools.set_up test
	@exec $(BIN)/python -m tools.matrix --jobs $(JOBS) $(if $(SEED),--seed $(SEED)) -- $(ARGS)

lint: ## ruff, mypy --strict and the import contracts
	@$(PYTHON) -m tools.set_up tools
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

lock: ## pin the dependencies again (ARGS=--upgrade takes newer versions)
	@$(PYTHON) -m tools.set_up tools
	@$(BIN)/python -m tools.lock $(ARGS)

bench: ## print the figures of the performance targets
	@$(PYTHON) -m tools.set_up tools
	@exec $(BIN)/python -m bench

faults: ## kill, crash and fill everything while visitors book; at most 20 minutes (ARGS="sqlite --scale 10")
	@$(PYTHON) -m tools.set_up test
	@timeout --kill-after=30 20m $(BIN)/python -m faults $(ARGS)

screenshots: ## make pictures of every page and state in screenshots/ (ARGS="--only details --lang de")
	@$(PYTHON) -m tools.set_up test
	@exec $(BIN)/python -m tools.screenshots $(ARGS)

build: ## make the wheel and the source archive in dist/
	@$(PYTHON) -m tools.set_up tools
	@$(BIN)/uv build --quiet && ls -l dist

set-up: ## only install what `make test` needs
	@$(PYTHON) -m tools.set_up test
