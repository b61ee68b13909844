PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

# PySpark comes as source, of which pip makes a wheel: compressing 400 MB only to extract them takes as long as the rest
UNCOMPRESSED := --config-settings=--build-option=--compression=stored

TEST_PROCESSES ?= 2
PYTEST := $(BIN)/python -m pytest
SPREAD := --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

OVER_CONNECT := tests/end_to_end tests/spark/test_difference.py tests/spark/cases/test_prepare.py \
	tests/spark/cases/test_source_structured.py tests/spark/test_evaluation.py

.DEFAULT_GOAL := help

# A line "##@ NAME" begins a section; the text after "## " explains a target.
.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Start

.PHONY: install
install: $(STAMP) ## Make .venv, with the ctdc-spark command in it

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else "Python 3.10 or newer is needed, e.g. make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet $(UNCOMPRESSED) --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $(STAMP)

.PHONY: demo
demo: install ## Make a whole release of demo data, from nothing to the three artifacts
	$(BIN)/ctdc-spark demo demo

.PHONY: notebooks
notebooks: install ## Make Jupyter notebooks from notebooks/*.py, beside them
	$(BIN)/python -m tools.make_jupyter

##@ Before you hand in a change

.PHONY: format
format: install ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: check
check: install ## Lint, and check formatting, types and imports between rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

.PHONY: check-page
check-page: ## Check types and formatting of the page's script (needs Node; nothing else does)
	npm ci --silent --ignore-scripts --no-audit --no-fund
	npx --no-install tsc -p jsconfig.json
	npx --no-install prettier --check --log-level warn --print-width 120 "ctdc_spark/explorer/page_parts/**/*.js"

.PHONY: test-fast
test-fast: install ## Run the tests that need neither Java nor a browser (a minute)
	JAVA_HOME=no-java-here $(PYTEST) $(SPREAD) -m 'not jvm and not browser and not at_length'

.PHONY: test
test: install ## Run the gate, which must pass before a change is accepted, with coverage (12 minutes on two cores)
	$(PYTEST) $(SPREAD) --cov --cov-report=term:skip-covered --durations=25 --durations-min=3

##@ Tests beyond the gate

.PHONY: test-all
test-all: install ## Run everything, ring by ring, except what passed on this commit (ONLY='gate faults', AGAIN=1)
	$(BIN)/python -m tools.run_rings $(if $(AGAIN),--again) $(ONLY)

.PHONY: test-at-length
test-at-length: install ## Run what is too long for the gate: more seeds, many random inputs, releases of more shapes
	$(PYTEST) $(SPREAD) -m at_length

.PHONY: test-faults
test-faults: install ## Kill 24 real runs at random moments, fill disks, hold tables; check what is left (half an hour)
	CTDC_SPARK_FAULTS=24 $(PYTEST) -m '' tests/faults -rA

.PHONY: test-attacks
test-attacks: install ## Run all attacks, including those with many random inputs (minutes)
	$(PYTEST) -m '' tests/attacks -rA

.PHONY: test-matrix
test-matrix: install ## Test on Spark 3.5, 4.0 and 4.2 with Python 3.10 to 3.12, in environments of their own (half an hour)
	CTDC_SPARK_MATRIX=1 $(PYTEST) tests/clusters/test_engines.py -rA

.PHONY: test-connect
test-connect: install ## Run the end-to-end tests and tests of reading, evaluating and tables over Spark Connect (half an hour)
	tools/test_over_connect.sh -m '' $(OVER_CONNECT)

.PHONY: test-places
test-places: install ## Make releases on a cluster, in a Hive metastore and in an S3-compatible store (moto, in .venv-store)
	$(PYTHON) -m venv .venv-store
	.venv-store/bin/python -m pip install --quiet 'moto[server]==5.1.*'
	CTDC_SPARK_PLACES=1 CTDC_SPARK_STORE_SERVER=$(CURDIR)/.venv-store/bin/moto_server \
	  $(PYTEST) -m '' tests/clusters -rA

.PHONY: test-environment
test-environment: wheel ## Pack the environment for clusters and make a release with it (minutes)
	CTDC_SPARK_PACKED=dist $(PYTEST) tests/deploy/test_packed_environment.py -rA

.PHONY: install-assess
install-assess: ## Make .venv-assess, with the ctdc-spark command and the library that `ctdc-spark assess` needs
	$(PYTHON) -m venv .venv-assess
	.venv-assess/bin/python -m pip install --quiet --requirement requirements-assess.lock
	.venv-assess/bin/python -m pip install --quiet --no-deps --editable .

.PHONY: test-assess
test-assess: install-assess ## Run the attacks of `ctdc-spark assess` that need a library of their own (minutes)
	.venv-assess/bin/python -m pytest tests/attacks/test_outside_attacks.py

##@ Measurements

.PHONY: bench-quick
bench-quick: install ## Compare counting with other ways of doing it, small cases (under 5 minutes)
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	$(BIN)/ctdc-spark warm-up
	$(BIN)/python -m benchmarks.counting --quick

.PHONY: bench
bench: install ## Run the whole comparison and the growth curves (long)
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	$(BIN)/ctdc-spark warm-up
	$(BIN)/python -m benchmarks.counting
	$(BIN)/python -m benchmarks.growth
	$(BIN)/python -m benchmarks.second_core

.PHONY: bench-utility
bench-utility: install ## Measure how faithful the synthetic records are (CTDC_SPARK_TEST_DATA: a folder of tables)
	$(BIN)/python -m benchmarks.utility

.PHONY: bench-dp
bench-dp: install ## Compare differential privacy with pac-synth, AIM and MST in environments of their own (CTDC_SPARK_TEST_DATA; hours)
	PYTHON=$(PYTHON) tools/compare_privacy.sh

##@ Package and locks

.PHONY: wheel
wheel: install ## Build the wheel for clusters into dist/
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

.PHONY: lock
lock: ## Rewrite all locks (needs uv on the PATH)
	tools/lock.sh

.PHONY: lock-deploy
lock-deploy: ## Rewrite the locks in deploy/locks from requirements.lock (needs uv on the PATH)
	tools/lock.sh deploy

.PHONY: clean
clean: ## Remove what the build and the demo made
	rm -rf demo dist build .rings .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache spark-warehouse
