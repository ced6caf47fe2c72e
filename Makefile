# One word each. Everything sets itself up the first time; nothing but python3 (3.11 or newer, with venv) is needed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
TOOLS := $(VENV)/.tools-installed

.PHONY: demo test check sbom bench prove prove-long format kill-test lock clean help

help:
	@echo "make demo       the whole shop in the browser"
	@echo "make test       the tests"
	@echo "make check      format, lint, types, import contracts, secret scan, dependency audit"
	@echo "make sbom       the software bill of materials, into build/sbom.json"
	@echo "make kill-test  kill -9 at every commit, every network call and 50 random moments of a journey"
	@echo "make bench      the shop's speed against floors, about ten minutes; ARGS=\"P5 P6\" picks parts, ARGS=--quick is a try"
	@echo "make prove      proof that money is safe, some ten minutes; ARGS=\"simulation\" picks rows"
	@echo "make prove-long the same with a release's figures; stop it and it goes on later; ARGS=\"--hours 1\" bounds it"
	@echo "make format     let the formatter have its way"
	@echo "make lock       resolve the dependencies anew"

demo: $(RUNTIME)
	$(BIN)/panelgram demo $(ARGS)

test: $(TOOLS)
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

kill-test: $(TOOLS)
	$(BIN)/python -m pytest -n 2 tests/journeys/test_kill.py --every-kill-point $(ARGS)

check: $(TOOLS)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/scan_secrets.py
	$(BIN)/python tools/audit_dependencies.py

sbom: $(BIN)/python
	$(BIN)/python tools/list_parts.py build/sbom.json

bench: $(TOOLS)
	$(BIN)/python -m bench $(ARGS)

prove: $(TOOLS)
	$(BIN)/python -m prove $(ARGS)

prove-long: $(TOOLS)
	$(BIN)/python -m prove --long $(ARGS)

format: $(TOOLS)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The tools' set holds the runtime's set, so both marks are made by the larger one.
$(RUNTIME): requirements/runtime.txt requirements/build.txt pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt -r requirements/build.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(TOOLS): requirements/dev.txt $(RUNTIME)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

lock: $(TOOLS)
	for set in runtime build dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    -c requirements/dev.txt --upgrade requirements/$$set.in -o requirements/$$set.txt; done

clean:
	rm -rf $(VENV) .demo build *.egg-info
