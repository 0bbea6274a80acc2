# The doors of the project. Each target sets up .venv by itself; the first run installs, later runs start at once.
#
#   make site      build the static site from the stored notebooks into _build/html
#   make test      everything a stranger should run: make check, the site, notebooks, links, sizes, browser
#   make check     lint (fails, never fixes), types, unit tests, freshness
#   make serve     the site on loopback
#   make execute   run every notebook again
#   make bench     the benchmarks, each beside what a user would otherwise pick

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

# Everything runs offline once installed, on two threads, however many cores there are.
export HF_HUB_OFFLINE := 1
export TOKENIZERS_PARALLELISM := false
export OMP_NUM_THREADS ?= 2
# Threads that wait must not spin: they would take the processor from whoever works.
export OMP_WAIT_POLICY ?= PASSIVE
export PYTHONHASHSEED ?= 0

.PHONY: site test check serve execute bench setup clean
.DEFAULT_GOAL := site

site: $(READY)
	$(BIN)/interpbook build

# Unit tests first (seconds each), then what is built, then the notebooks themselves.
test: check site
	@sh book/setup.sh browser
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 tests/graders
	$(BIN)/python -m pytest tests/book
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -c pyproject.toml -p no:cacheprovider --nbval-lax --nbval-current-env \
	    --nbval-cell-timeout 300 -n 2 --dist loadfile chapters/*.ipynb solutions/*.ipynb

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	@sh book/setup.sh sandbox
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile tests/unit
	$(BIN)/interpbook author --check

serve: site
	$(BIN)/interpbook serve

execute: $(READY)
	$(BIN)/interpbook author --force

bench: $(READY)
	$(BIN)/interpbook bench

setup: $(READY)

$(READY): requirements.txt pyproject.toml
	PYTHON="$(PYTHON)" sh book/setup.sh venv $(VENV)
	@touch $@

clean:
	rm -rf _build
