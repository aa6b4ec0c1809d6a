# make run | test | lint | bench | torture: each sets everything up by itself. PYTHON names the interpreter that makes the environment.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO_DATES := 2026-03-02 2026-03-03 2026-03-04

.PHONY: run test torture browser lint bench setup clean

run: $(READY)
	$(BIN)/nightwire run configs/demo.toml $(addprefix --date ,$(DEMO_DATES))
	$(BIN)/nightwire show configs/demo.toml

test: $(READY) browser
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest

# Every ordeal whole instead of a sample, with a table of figures at the end; goes on where it was stopped. MINUTES bounds one call.
MINUTES ?= 60
torture: $(READY)
	$(BIN)/python -m tests.flows.torture --minutes $(MINUTES)
	NIGHTWIRE_TORTURE=1 $(BIN)/python -m pytest tests/flows/test_isolation.py tests/flows/test_secrets.py

# The page is tested in a real browser, from the system's packages where they can be installed; else those tests say why they are skipped.
browser:
	@command -v chromium >/dev/null || \
	  { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } || \
	  echo "no chromium and no way to install it: tests in a browser will be skipped"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Those that make their own data; the others say with --help which labelled file they want.
bench: $(READY)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt --group bench
	$(BIN)/python benchmarks/copies.py --rows 100000
	$(BIN)/python benchmarks/digest.py
	$(BIN)/python benchmarks/stance.py
	$(BIN)/python benchmarks/nights.py

setup: $(READY)

# torch first and by its exact version, so that a CPU build lying on the machine is taken; then exactly what constraints.txt pins.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "nightwire needs Python 3.11 or newer; have $$($(PYTHON) --version). Name one: make PYTHON=python3.12 ..."; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt torch
	$(BIN)/python -m pip install -qq --disable-pip-version-check --constraint constraints.txt --editable . --group dev
	$(BIN)/nightwire prepare configs/demo.toml
	@touch $(READY)

clean:
	rm -rf $(VENV) state published
