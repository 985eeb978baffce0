# Needs Python 3.11 or newer and make; everything else is installed into .venv.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
VENV15 := .venv-duckdb15
VENVFOCUS := .venv-focus
# The FinOps Foundation's validator needs Python 3.12 and, by its numpy, no newer.
PYTHON312 ?= $(shell for p in python3.12 $(HOME)/.pyenv/versions/3.12*/bin/python; do \
	$$p -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' 2>/dev/null && echo $$p && break; done)
VENV_OTLP := .venv-otlp
VENV_LITELLM := .venv-litellm
VENV_PHOENIX := .venv-phoenix
PIP := -m pip install -qq --disable-pip-version-check
DEV = import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")
PAGE := tools/page
CHROMIUM ?= $(shell command -v chromium chromium-browser google-chrome 2>/dev/null | head -n 1)
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow test-duckdb15 test-focus test-page test-otlp test-litellm test-phoenix lint format docs docs-check bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The two stamps: what it takes to run llmcost, and on top of that what it takes to work on it.
$(VENV)/.runtime: pyproject.toml
	@test -n "$(PYTHON)" || { echo "llmcost needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing llmcost into $(VENV)"
	@$(BIN)/python $(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime
	@echo "installing the development tools into $(VENV)"
	@$(BIN)/python -c '$(DEV)' > $(VENV)/dev.txt
	@$(BIN)/python $(PIP) --requirement $(VENV)/dev.txt
	@touch $@

$(VENV15)/.dev: pyproject.toml
	@test -n "$(PYTHON)" || { echo "llmcost needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(VENV15)/bin/python || $(PYTHON) -m venv $(VENV15)
	@echo "installing llmcost with DuckDB 1.5 into $(VENV15)"
	@echo '*' > $(VENV15)/.gitignore
	@$(VENV15)/bin/python -c '$(DEV)' > $(VENV15)/dev.txt
	@$(VENV15)/bin/python $(PIP) --editable . --requirement $(VENV15)/dev.txt 'duckdb==1.5.*'
	@touch $@

$(VENVFOCUS)/.dev:
	@test -n "$(PYTHON312)" || { echo "focus-validator needs Python 3.12; name one: make test-focus PYTHON312=/path/to/python3.12" >&2; exit 1; }
	@test -x $(VENVFOCUS)/bin/python || $(PYTHON312) -m venv $(VENVFOCUS)
	@echo "installing focus-validator into $(VENVFOCUS)"
	@echo '*' > $(VENVFOCUS)/.gitignore
	@$(VENVFOCUS)/bin/python $(PIP) 'focus-validator==2.2.1' 'pyarrow==20.0.0'
	@touch $@

# Other people's programs, each in an environment of its own and of a known version.
$(VENV_OTLP)/.dev: pyproject.toml
	@test -n "$(PYTHON)" || { echo "llmcost needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(VENV_OTLP)/bin/python || $(PYTHON) -m venv $(VENV_OTLP)
	@echo "installing llmcost beside OpenTelemetry into $(VENV_OTLP)"
	@echo '*' > $(VENV_OTLP)/.gitignore
	@$(VENV_OTLP)/bin/python $(PIP) --editable . pytest pytest-randomly pytest-xdist hypothesis openai 'opentelemetry-sdk==1.45.*' \
		opentelemetry-exporter-otlp-proto-http opentelemetry-instrumentation-openai openinference-instrumentation-openai
	@touch $@

$(VENV_LITELLM)/.ready:
	@test -x $(VENV_LITELLM)/bin/python || $(PYTHON) -m venv $(VENV_LITELLM)
	@echo "installing LiteLLM into $(VENV_LITELLM)"
	@echo '*' > $(VENV_LITELLM)/.gitignore
	@$(VENV_LITELLM)/bin/python $(PIP) 'litellm[proxy]==1.106.2' prisma psycopg2-binary psycopg
	@command -v psql > /dev/null || ls /usr/lib/postgresql/*/bin/initdb > /dev/null 2>&1 || \
		$(VENV_LITELLM)/bin/python $(PIP) pgserver
	@touch $@

$(VENV_PHOENIX)/.ready:
	@test -x $(VENV_PHOENIX)/bin/python || $(PYTHON) -m venv $(VENV_PHOENIX)
	@echo "installing Arize Phoenix into $(VENV_PHOENIX)"
	@echo '*' > $(VENV_PHOENIX)/.gitignore
	@$(VENV_PHOENIX)/bin/python $(PIP) arize-phoenix==20.26.1 opentelemetry-exporter-otlp-proto-http
	@touch $@

setup: $(VENV)/.dev ## Install everything into .venv

demo: $(VENV)/.runtime ## Show llmcost at work: a made-up company's log, the sample logs, a dashboard
	@$(BIN)/llmcost demo demo/
	@echo
	@echo '$$ llmcost ingest examples/logs --db demo/examples.duckdb'
	@$(BIN)/llmcost ingest examples/logs --db demo/examples.duckdb
	@echo
	@echo '$$ llmcost report --by source,model --top 8 --db demo/examples.duckdb'
	@$(BIN)/llmcost report --by source,model --top 8 --db demo/examples.duckdb
	@echo
	@echo '$$ llmcost ingest --source outcomes examples/dashboards/revenue.csv --db demo/llmcost.duckdb'
	@$(BIN)/llmcost ingest --source outcomes examples/dashboards/revenue.csv --db demo/llmcost.duckdb
	@echo
	@echo '$$ llmcost dashboard exec --output demo/dashboard.html --db demo/llmcost.duckdb ...'
	@$(BIN)/llmcost dashboard exec --output demo/dashboard.html --db demo/llmcost.duckdb --savings \
		--config examples/dashboards/llmcost.yaml --as-of 2026-11-21
	@echo "the dashboard is in demo/dashboard.html: open it in a browser"

test: $(VENV)/.dev ## Run the tests
	@$(BIN)/python -m pytest -n 2 -q $(ARGS)

test-slow: $(VENV)/.dev ## Run the tests that take minutes: fifty kills, many more random logs
	@$(BIN)/python -m pytest -n 2 -q -m slow $(ARGS)

test-duckdb15: $(VENV15)/.dev ## Run the tests that speak to DuckDB against its oldest supported version
	@$(VENV15)/bin/python -m pytest -n 2 -q $(wildcard $(addprefix tests/,ledger ingest sources pricing reports exports)) $(ARGS)

test-focus: $(VENV)/.dev $(VENVFOCUS)/.dev ## Check the FOCUS export with the FinOps Foundation's validator
	@rm -rf $(VENVFOCUS)/demo
	@$(BIN)/llmcost demo $(VENVFOCUS)/demo --requests 20000 > /dev/null 2>&1
	@$(BIN)/llmcost export focus --db $(VENVFOCUS)/demo/llmcost.duckdb --output $(VENVFOCUS)/demo.csv
	@$(BIN)/python -m tools.focus $(VENVFOCUS)/demo.csv --validator $(VENVFOCUS)

$(PAGE)/node_modules/.stamp: $(PAGE)/package.json
	@npm install --prefix $(PAGE) --no-package-lock --no-audit --no-fund --silent
	@touch $@

test-page: $(VENV)/.dev $(PAGE)/node_modules/.stamp ## Look at the dashboards in a browser: console, requests, accessibility, width
	@test -n "$(CHROMIUM)" || { echo "no Chromium found; name one: make test-page CHROMIUM=/path/to/chromium" >&2; exit 1; }
	@rm -rf $(PAGE)/pages
	@$(BIN)/python -m tools.page.pages $(PAGE)/pages
	@CHROMIUM=$(CHROMIUM) node $(PAGE)/check.mjs $(PAGE)/pages $(PAGE)/pages/pictures

test-otlp: $(VENV_OTLP)/.dev ## Test the OTLP receiver with the real OpenTelemetry SDK
	@$(VENV_OTLP)/bin/python -m pytest -n 2 -q -m integration tests/integration/otlp $(ARGS)

test-litellm: $(VENV)/.dev $(VENV_LITELLM)/.ready ## Test with a real LiteLLM proxy and its Postgres
	@$(BIN)/python -m pytest -n 0 -q -m integration tests/integration/litellm $(ARGS)

test-phoenix: $(VENV)/.dev $(VENV_PHOENIX)/.ready ## Test with a real Arize Phoenix
	@$(BIN)/python -m pytest -n 0 -q -m integration tests/integration/phoenix $(ARGS)

lint: $(VENV)/.dev ## Check format, style, types and import layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(VENV)/.dev ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only .

docs: $(VENV)/.runtime ## Write the generated pages, and the output other pages show
	@$(BIN)/python docs/generate.py

docs-check: $(VENV)/.runtime ## Fail when a generated page is stale
	@$(BIN)/python docs/generate.py --check

bench: $(VENV)/.dev ## Measure speed and memory
	@$(BIN)/python -m benchmarks $(ARGS)

clean: ## Remove what make made
	rm -rf $(VENV) $(VENV15) $(PAGE)/node_modules $(PAGE)/pages $(VENVFOCUS) $(VENV_OTLP) $(VENV_LITELLM) $(VENV_PHOENIX) demo dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
