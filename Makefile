# Everything runs in .venv/, which is set up when it is missing or when what it should hold has changed.

PYTHON ?= python3
# cpu: PyTorch's build for hosts without an NVIDIA GPU, from PyTorch's own index. Otherwise what pip finds.
TORCH ?=
# Where `make lock` finds PyTorch's build for processors.
WHEELS ?= --extra-index-url https://download.pytorch.org/whl/cpu --index-strategy unsafe-best-match
UV ?= uv
# Passed on to what a target runs: make run ARGS="--locale zh-CN"
ARGS ?=

PY := .venv/bin/python
PIP := $(PY) -m pip --quiet --quiet --disable-pip-version-check
export PYTHONUNBUFFERED := 1
# One more than processors: many tests wait for a process, a disk or a clock.
WORKERS = $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

.DEFAULT_GOAL := help
.PHONY: run test check soak bench pictures lock clean help

# Only here is chosen; a token that is set and cannot be read is a matter for `run`, which says so.
NO_TOKEN := from bot.config import load_token; raise SystemExit(3 if load_token() is None else 0)

run: .venv/ready-to-run ## the bot; without a token, a simulated Discord in this terminal
	@$(PY) -c '$(NO_TOKEN)' 2>/dev/null; if [ $$? -ne 3 ]; then exec $(PY) -m bot run $(ARGS); fi; \
	echo "There is no DISCORD_TOKEN: this is the sandbox, the same bot in a simulated Discord." >&2; \
	exec $(PY) -m bot sandbox $(ARGS)

test: .venv/ready-to-test ## the tests, with branch coverage
	@$(PY) -m coverage erase
	@$(PY) -m coverage run -m pytest -n $(WORKERS) --dist worksteal $(ARGS)
	@$(PY) -m coverage combine --quiet
	@$(PY) -m coverage report

check: .venv/ready-to-test ## ruff and mypy
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check --quiet
	@$(PY) -m mypy

soak: .venv/ready-to-test ## the tests that take large counts, and long
	@$(PY) -m pytest -m soak $(ARGS)

bench: .venv/ready-to-test ## speed and memory, beside the baseline
	@$(PY) -m benchmarks $(ARGS)

pictures: .venv/ready-to-test ## the pictures of README and docs, drawn again (needs chromium)
	@$(PY) docs/pictures.py $(ARGS)
	@$(PY) docs/figures.py

lock: ## deploy/requirements.txt anew: exact versions with hashes, for the container (needs uv)
	@{ sed '/^[^#]/,$$d' deploy/requirements.txt; \
	  $(UV) pip compile pyproject.toml --quiet --no-header --generate-hashes --constraint constraints.txt \
	  --override deploy/overrides.txt --python-version 3.11 --python-platform x86_64-unknown-linux-gnu $(WHEELS); \
	  } > deploy/requirements.new
	@mv deploy/requirements.new deploy/requirements.txt

clean: ## remove .venv and all caches; what the bot keeps stays
	@rm -rf .venv *.egg-info .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find bot model loopback tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'Options: TORCH=cpu, PYTHON=/path/to/python3, ARGS="…"'

.venv/ready-to-run: pyproject.toml constraints.txt .venv/bin/python
	@echo "Setting up .venv: the first time takes minutes …" >&2
ifeq ($(TORCH),cpu)
	@$(PIP) install -c constraints.txt --extra-index-url https://download.pytorch.org/whl/cpu torch >&2
endif
	@$(PIP) install -c constraints.txt -e '.[sandbox]' >&2
	@touch $@

.venv/ready-to-test: .venv/ready-to-run
	@echo "Adding the tools for tests to .venv …" >&2
	@$(PIP) install -c constraints.txt -e '.[dev]' >&2
	@touch $@

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed, and $(PYTHON) is not: install one, then make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv module. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv
