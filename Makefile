# Everything runs from nothing: a fresh clone and a python3.13 with its venv module.
.DEFAULT_GOAL := help
PYTHON ?= python3.13
SECONDS ?= 300
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONPATH := $(CURDIR):$(CURDIR)/functions:$(CURDIR)/layers/core
export SAM_CLI_TELEMETRY := 0
RUN := $(BIN)/python -m

.PHONY: help
help: ## What there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---------------------------------------------------------------- set up

$(BIN)/.ready: requirements/dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not on the PATH; name one with make PYTHON=…"; exit 1; }
	@echo "making .venv, and installing $$(grep -c == requirements/dev.txt) packages into it: about a minute, once"
	@$(PYTHON) -m venv .venv
	$(RUN) pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.txt
	@# The command lambda-replay, from these sources; setuptools warns of every editable installation.
	PYTHONWARNINGS="ignore:Editable installation" $(RUN) pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --no-index -e .
	@touch $@

.venv-checkov/.ready: requirements/checkov.txt
	$(PYTHON) -m venv .venv-checkov
	.venv-checkov/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		-r requirements/checkov.txt
	@touch $@

.PHONY: setup
setup: $(BIN)/.ready ## A virtual environment in .venv with everything in it

.PHONY: browser
browser: setup ## What the browser tests need: Chromium (Debian, as root) and axe-core (npm)
	@$(RUN) tests.browser.tools

.PHONY: lock
lock: ## Pin the newest versions that fit together (needs uv)
	uv pip compile --quiet --upgrade --python-version 3.13 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header requirements/dev.in -o requirements/dev.txt
	uv pip compile --quiet --python-version 3.13 --generate-hashes --no-emit-index-url --no-annotate \
		--no-header -c requirements/dev.txt layers/dependencies/requirements.in \
		-o layers/dependencies/requirements.txt
	uv pip compile --quiet --upgrade --python-version 3.13 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header requirements/peers.in -o requirements/peers.txt
	uv pip compile --quiet --upgrade --python-version 3.13 --generate-hashes --no-emit-index-url \
		--no-annotate --no-header requirements/checkov.in -o requirements/checkov.txt

# ---------------------------------------------------------------- see it work

.PHONY: demo
demo: setup ## The whole loop, live, on the embedded AWS
	$(RUN) local.demo

.PHONY: up
up: setup ## Start the embedded AWS with the service and the sample sources deployed
	$(RUN) local up

.PHONY: console
console: setup ## The console in a browser: on what the demo left, or on what make up started
	@if [ -e .local/demo/stack.json ]; then $(RUN) local --state .local/demo console; \
	else $(RUN) local console; fi

.PHONY: down
down: setup ## Stop the embedded AWS
	$(RUN) local down
	@$(RUN) local --state .local/demo down >/dev/null

.PHONY: screenshots
screenshots: setup browser ## Pictures of the console, light and dark, from the demo's data
	$(RUN) tests.browser.screenshots

# ---------------------------------------------------------------- check it

.PHONY: test
test: setup lint browser tests coverage ## Everything: linters, types, all tests, and how much of the code they run

.PHONY: tests
tests: setup ## The tests alone; some of them with TESTS="tests/unit tests/cli"
	$(RUN) coverage erase
	$(RUN) coverage run -m pytest -n 4 --durations 25 $(TESTS)

.PHONY: coverage
coverage: setup ## Branch coverage of the last tests; fails when it is less than the floor in pyproject.toml
	$(RUN) coverage combine --quiet
	$(RUN) coverage report

.PHONY: unit
unit: setup ## The fast tests alone
	$(RUN) pytest -n 2 tests/unit

.PHONY: lint
lint: setup .venv-checkov/.ready ## Linters, types, weak places, and the words that new text does without
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) tools.words
	$(RUN) mypy
	$(RUN) tools.findings
	$(RUN) pip --disable-pip-version-check check

.PHONY: validate
validate: setup ## sam validate, with cfn-lint, of the service and of the sample sources
	sam validate --lint --region eu-west-1 --template template.yaml
	sam validate --lint --region eu-west-1 --template local/sources/template.yaml

.PHONY: bench
bench: setup ## The budgets, each beside what is measured
	$(RUN) bench

.PHONY: chaos
chaos: setup ## Every AWS call of the service fails in every way; what then holds
	PYTHONHASHSEED=0 $(RUN) tests.chaos

.PHONY: fuzz
fuzz: setup ## Requests made from docs/openapi.json, on an embedded AWS of its own; for longer with SECONDS=3600
	$(RUN) tests.fuzz $(SECONDS)

.PHONY: score
score: setup ## How well failures are classified and grouped, on the labelled corpus
	$(RUN) bench.diagnosis.score

.PHONY: openapi
openapi: setup ## Write docs/openapi.json from the code
	$(RUN) api.openapi > docs/openapi.json

.PHONY: dist
dist: setup ## What is released, in dist: the package, and the application built for sam deploy
	rm -rf dist build
	$(RUN) pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index \
		--wheel-dir dist .
	sam build --build-dir dist/lambda-replay
	cp samconfig.toml README.md LICENSE dist/lambda-replay/
	cd dist && $(CURDIR)/$(RUN) zipfile --create lambda-replay-application.zip lambda-replay/
	rm -rf dist/lambda-replay

.PHONY: clean
clean: ## Remove what make made
	rm -rf .venv .venv-checkov .local .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* \
		build dist tests/browser/node_modules
