# make demo: the main job at demo scale. make test: the quick tests. make test-full: all of them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# what a run needs, and what developing needs besides
STAMP := $(VENV)/requirements.stamp
DEVELOPING := $(VENV)/requirements-dev.stamp
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header
# a file of tests is in one process, in the order that tests/conftest.py gives them
PYTEST := $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo test test-full check format lock schema clean

demo: $(STAMP)
	$(BIN)/snakemake --cores all
	@echo
	@echo "The report: $(CURDIR)/results/report.html"

test: check
	$(PYTEST) -m "not full"

test-full: check
	$(PYTEST)

check: $(DEVELOPING)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules

format: $(DEVELOPING)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile rules

# Writes the JSON schemas that editors check study files with.
schema: $(STAMP)
	PYTHONPATH=scripts $(BIN)/python -m synthmix.config.schema

# Pins every dependency anew, with hashes and without the address of any index.
lock:
	$(LOCK) --output-file requirements.txt --upgrade
	$(LOCK) --group dev --constraint requirements.txt --output-file requirements-dev.txt --upgrade

# The environment is made anew when it is missing or when the lock has changed.
$(STAMP): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "synthmix needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(PIP) --requirement requirements.txt
	touch $@

$(DEVELOPING): $(STAMP) requirements-dev.txt
	$(PIP) --requirement requirements-dev.txt
	touch $@

clean:
	rm -rf results/demo results/paper results/report.html .snakemake
