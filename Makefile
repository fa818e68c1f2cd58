# genrelab: `make` or `make help` lists the targets.
VENV := .venv
PYTHON ?= python3
PORT ?= 5000
APP_PORT ?= 7860
EPOCHS ?= 6
EXAMPLES ?= 5000
RUN := PATH="$(CURDIR)/$(VENV)/bin:$$PATH" PYTHONPATH=src

.DEFAULT_GOAL := help
.PHONY: help setup gpu demo test test-all test-fast test-kills fuzz ui app docs lint bench lock

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 16

setup: $(VENV)/installed ## make .venv with the locked packages

# The stamp is written last, so an interrupted installation starts over.
$(VENV)/installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "genrelab needs Python 3.11 to 3.13, but $(PYTHON) is %d.%d; set one with: make $(MAKECMDGOALS) PYTHON=python3.12" % v)'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check uv
	$(VENV)/bin/uv pip install --quiet --compile-bytecode --python $(VENV)/bin/python -r requirements.txt || \
	  $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt # uv ignores pip.conf
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@found=$$(command -v conda) && ! grep -qs "Stands in for conda" "$$found" || cp tools/conda $(VENV)/bin/conda
	@touch $@

gpu: setup ## CUDA's libraries into .venv, for nets on a graphics card
	$(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python --constraint requirements.txt 'tensorflow[and-cuda]'

demo: setup ## a corpus made; CNN and CRNN trained, scored and compared: under 5 minutes (EPOCHS=)
	@$(RUN) mlflow run . --env-manager local -P epochs=$(EPOCHS)
	@echo
	@echo "A few epochs on synthetic music: the figures show that the machinery works and say nothing about music."
	@echo "Look at the runs with: make ui"

TESTS := python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

test: setup ## run the tests: eight minutes on two quick cores, twice that on slow ones
	@$(RUN) $(TESTS) -m "not long"

test-all: setup ## run the tests, the long ones too
	@$(RUN) $(TESTS)

test-fast: setup ## the tests without those that run the real mlflow and dvc, or train nets: under 2 minutes
	@$(RUN) python -m pytest -n 2 --dist loadfile -m "not end_to_end and not slow and not long"

test-kills: setup ## kill each verb at each of its writes and commits, and run it again: hours (KILLS=10: each tenth)
	@$(RUN) GENRELAB_KILLS=$(or $(KILLS),1) python -m pytest -s tests/end_to_end/test_kills.py

fuzz: setup ## hostile sounds, archives and requests, many of each kind (EXAMPLES=)
	@GENRELAB_FUZZ_EXAMPLES=$(EXAMPLES) $(RUN) python -m pytest -q tests/data/test_fuzz.py tests/inference/test_fuzz.py

ui: setup ## the MLflow UI on 127.0.0.1:5000 (PORT=)
	@$(RUN) python -m genrelab ui --port $(PORT)

app: setup ## the page on which a song is dropped, on 127.0.0.1:7860 (APP_PORT=)
	@$(RUN) python -m genrelab app --port $(APP_PORT)

docs: setup ## the documentation site, into site/
	@test -x $(VENV)/bin/mkdocs || $(VENV)/bin/uv pip install --quiet --python $(VENV)/bin/python -e '.[docs]'
	@$(RUN) NO_MKDOCS_2_WARNING=1 mkdocs build --strict --quiet
	@echo "written: site/index.html"

lint: setup ## ruff and mypy
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .
	@$(RUN) mypy

bench: setup ## every speed as a ratio, and what is slower than benchmarks/bench.md; half an hour of an idle machine
	@$(RUN) python benchmarks/bench.py

lock: setup ## lock the packages anew: requirements.txt from pyproject.toml
	@$(RUN) uv pip compile --quiet --universal --upgrade --python-version 3.11 --extra dev --no-header pyproject.toml -o requirements.txt
