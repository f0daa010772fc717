# Every target does its own set-up. `make demo` and `make test` start from nothing but Python and make.
PYTHON ?= python3
PEOPLE ?= 20000
SERVE ?= 1
JOBS ?= auto
BIN := .venv/bin
TESTS ?= tests

.PHONY: demo test prove check fix bench system lock docs
.DEFAULT_GOAL := test

demo: .venv/.run
	@$(BIN)/caseload demo --people $(PEOPLE) $(if $(filter 0,$(SERVE)),--no-serve)

test: .venv/.test
	$(BIN)/pytest -n $(JOBS) --dist worksteal $(TESTS)

prove: .venv/.test
	CASELOAD_FULL=1 $(BIN)/pytest -n $(JOBS) --dist worksteal -m sized $(TESTS)

check: .venv/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/python .ci/file_sizes.py

fix: .venv/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: .venv/.test
	$(BIN)/python .ci/write_reference.py

bench: .venv/.test
	$(BIN)/python -m benchmarks.run

system:
	@.ci/system

lock:
	uv pip compile $(LOCK) requirements/run.in -o requirements/run.txt
	uv pip compile $(LOCK) requirements/test.in -o requirements/test.txt
	uv pip compile $(LOCK) requirements/spark.in -o requirements/spark.txt
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade

# One environment: what runs, or what runs and what tests. A stamp says which lock it was built from.
.venv/bin/python:
	@.ci/sound $(PYTHON)
	$(PYTHON) -m venv .venv

.venv/.run: requirements/run.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --disable-pip-version-check -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/.test: requirements/test.txt requirements/spark.txt .venv/.run
	$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes -r requirements/test.txt
	$(BIN)/python -m pip install --disable-pip-version-check -q --require-hashes --no-build-isolation -r requirements/spark.txt
	@touch $@
