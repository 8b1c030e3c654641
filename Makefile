# What people and CI type. Everything real is in tools/bootstrap.py (what a clone needs) and in `slipway`.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile
SOURCES := slipway infra stacks localcloud tools tests benchmarks examples __main__.py

.DEFAULT_GOAL := help
.PHONY: help setup up test down check format lint types reviewed unit live golden reference benchmark clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## make .venv with .venv/bin/slipway, and have the tools in the cache
	@$(PYTHON) tools/bootstrap.py

up: setup ## bring the local environment to its wanted state; needs no account
	@$(BIN)/slipway up local

down: ## stop and remove everything that `make up` started or made (the cache of tools and .venv stay)
	@if [ -x $(BIN)/slipway ]; then $(BIN)/slipway cluster stop --remove; else echo "Nothing was set up here."; fi

test: testing ## everything that CI runs: checks, unit tests, and the live tests on a real control plane
	@$(MAKE) --no-print-directory formatted lint types reviewed
	@$(PYTEST) --cov --cov-report=term:skip-covered -m "not live"
	@$(PYTEST) -m live

check: testing ## format, ruff, pyright, reviewed differences, unit tests, goldens: all that needs no control plane
	@$(MAKE) --no-print-directory formatted lint types reviewed unit

format: testing ## rewrite the sources as ruff formats them
	@$(BIN)/ruff format $(SOURCES)
	@$(BIN)/ruff check --select I --fix --quiet $(SOURCES)

lint: testing ## ruff, all rules
	@$(BIN)/ruff check $(SOURCES)

types: testing ## pyright, strict on slipway, infra and stacks
	@$(BIN)/pyright --warnings
	@$(BIN)/pyright --warnings -p examples/pyrightconfig.json --pythonpath $(BIN)/python

reviewed: testing ## differences of environments that should resemble each other (environments/reviewed/)
	@$(BIN)/slipway environment diff --reviewed

unit: testing ## unit tests and goldens, with the coverage floor
	@$(PYTEST) --cov --cov-report=term:skip-covered -m "not live"

live: testing ## tests on the real engine and a real control plane
	@$(PYTEST) -m live

golden: testing ## write tests/golden/ anew; read the difference before you commit it
	@$(BIN)/python -m tests.golden

reference: testing ## write docs/reference/ anew from the schema
	@$(BIN)/python tools/reference.py

benchmark: testing ## preview and start-up against the plain tools; prints ratios
	@$(BIN)/python benchmarks/preview.py
	@$(BIN)/python benchmarks/startup.py
	@$(BIN)/python -m benchmarks.rollout

clean: down ## also remove .venv
	@rm -rf .venv

.PHONY: testing formatted
testing:
	@$(PYTHON) tools/bootstrap.py --test

formatted:
	@$(BIN)/ruff format --check --quiet $(SOURCES) || { echo "run: make format"; exit 1; }
