# `make run` and `make test` need Python 3.11 or newer with venv, git and make; they fetch the rest.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
SETUP = $(if $(PYTHON),$(PYTHON) .ci/setup.py,$(error Python 3.11 or newer with venv is missing; on Debian: apt-get install python3 python3-venv))

.PHONY: run setup test attack check lock format

run: setup ## start Samklang on this machine, with a synthetic municipality the first time
	@exec .venv/bin/samklang up

setup: ## install what is pinned and build the front end
	@$(SETUP)

test: ## (only=NAME for one gate) everything: the checks, then all tests, on SQLite, PostgreSQL and in a real Chromium
	@$(SETUP) --tests
	@.venv/bin/python .ci/gates.py $(if $(only),test:$(only),check test)

attack: ## a thousand invented municipalities release eight quarters each; work out what they hide
	@$(SETUP) --tools
	@.venv/bin/python -m tests.benchmarks.attack

check: ## format, lint, types, import contracts, translations, migrations, lock files
	@$(SETUP) --tools
	@.venv/bin/python .ci/gates.py check$(if $(only),:$(only))

format: ## put the layout right
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix-only --quiet .

lock: ## resolve the dependencies anew
	@.venv/bin/python .ci/locks.py make
