# Everything a developer needs. `make demo` and `make test` work on a fresh machine with Python 3.11+ and make.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
WORKSPACE ?= demo

.PHONY: help demo test test-slow reliability kills fuzz holes check lint types docs site format bench validation calibrate clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.demo: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.test: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[intelex,keras,large,notebook,onnx,pdf,ray,serve,tune]' --group test
	@touch $@ $(VENV)/.demo

$(VENV)/.lint: $(VENV)/.test
	$(BIN)/python -m pip install --quiet -c constraints.txt --group lint
	@touch $@

demo: $(VENV)/.demo  ## install, run a bake-off on real digits, print the verdict and the report's path
	$(BIN)/bakeoff run digits --workspace $(WORKSPACE)

test: $(VENV)/.test  ## install what the tests need and run them
	$(BIN)/python -m pytest -m "not slow and not reliability and not documentation" --numprocesses auto --maxprocesses 4 --dist worksteal

test-slow: $(VENV)/.test  ## the long forms
	$(BIN)/python -m pytest -m slow

reliability: $(VENV)/.test  ## kill it anywhere, lose machines, read hostile files; `make kills KILLS=200` kills longer
	$(BIN)/python -m pytest -m reliability

kills: $(VENV)/.test
	BAKEOFF_KILLS=$(or $(KILLS),200) $(BIN)/python -m pytest -m reliability tests/reliability/test_kills.py tests/reliability/test_bad_places.py

$(VENV)/.fuzz: $(VENV)/.test
	$(BIN)/python -m pip install --quiet -c constraints.txt --group fuzz
	@touch $@

fuzz: $(VENV)/.fuzz  ## every reader a million times (`RUNS=`) with inputs that coverage leads to; hours
	$(BIN)/python tests/fuzz/fuzz.py --runs $(or $(RUNS),1000000) $(TARGETS)

holes: $(VENV)/.lint  ## published holes of the dependencies, where pip-audit reaches its data
	$(BIN)/python tests/holes.py

check: test reliability lint types docs holes  ## all that CI checks

lint: $(VENV)/.lint
	$(BIN)/ruff check src tests benchmarks examples
	$(BIN)/ruff format --check src tests benchmarks examples

types: $(VENV)/.lint
	$(BIN)/mypy

docs: $(VENV)/.test site  ## run every example of the documentation, and build its pages
	$(BIN)/python -m pytest -m documentation
	$(BIN)/python -m pytest --doctest-modules --doctest-glob='*.md' --ignore=docs/conf.py src docs README.md

$(VENV)/.docs: $(VENV)/.test
	$(BIN)/python -m pip install --quiet -c constraints.txt --group docs
	@touch $@

site: $(VENV)/.docs  ## the documentation as pages, in docs/_build
	$(BIN)/python -m sphinx -q -W -b html docs docs/_build

format: $(VENV)/.lint  ## put the code in form
	$(BIN)/ruff check --fix src tests benchmarks examples
	$(BIN)/ruff format src tests benchmarks examples

bench: $(VENV)/.test  ## speeds, beside what they are compared with
	$(BIN)/python benchmarks/race $(BENCH)

validation: $(VENV)/.test  ## does the grouped score tell the truth? needs Sign Language MNIST; takes about 40 minutes
	$(BIN)/python benchmarks/validation.py --write docs/validation.md

calibrate: $(VENV)/.test  ## do intervals and decisions keep their promises? Simulations, hours; goes on where it stopped
	$(BIN)/python benchmarks/calibrate.py --write

clean:
	rm -rf $(VENV) build dist docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis demo
