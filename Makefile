# Every command that a person types here. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
PORT ?= 8000
DATA ?=
QUICK ?=
AGAINST ?=
VERSION ?= 5.35.0
ARGS ?=

export UV_PYTHON_DOWNLOADS := never
# With one of these in the environment, uv installs into another Python than .venv.
unexport UV_PYTHON UV_SYSTEM_PYTHON VIRTUAL_ENV
# A process that keeps no bytecode compiles every library again: seconds for each start.
unexport PYTHONDONTWRITEBYTECODE

PYTHON_PATH := $(shell $(PYTHON) -c 'import sys; print(sys.executable)' 2>/dev/null)
PYTHON_VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo .tools/bin/uv)
# Named after the version, so that another PYTHON makes another .venv.
VENV := .venv/.synced-with-$(PYTHON_VERSION)

# One test at a time goes to whichever worker is free, in the order of tests/support/scheduling.py.
XDIST := -n auto --dist loadgroup --no-loadscope-reorder
# All of it runs in a service that its team has changed as well: test_platform_tests.py.
UNCHANGED := tests/template/test_service_suites.py::test_the_platform_is_tested_whole
QUICK_TESTS := $(UNCHANGED) tests/attacks/test_mutations.py::test_a_mutation_has_its_place \
	$(addprefix tests/template/,test_static.py test_repository.py test_scheduling.py \
	test_service_suites.py::test_suites_are_well_typed[alembic+redis] \
	test_renders.py::test_its_own_checks_pass[alembic+redis])

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
# By way of the environment, quotes in DATA survive.
demo: export DATA := $(DATA)
demo: setup ## Render, install and start a service: make demo PORT=9000 DATA="use_redis=false"
	@.venv/bin/python -m tools.demo --port "$(PORT)" --data "$$DATA"

.PHONY: test
test: lint ## Lint, then run the whole suite; ARGS go to pytest: make test ARGS="-k servers"
	@.venv/bin/python -m tools.ensure_servers
	@.venv/bin/pytest $(XDIST) --deselect $(UNCHANGED) $(ARGS)

.PHONY: quick
quick: lint ## Between edits: lint, static checks, and a service with all options, on SQLite
	@.venv/bin/pytest $(XDIST) $(QUICK_TESTS) $(ARGS)

.PHONY: bench
bench: export AGAINST := $(AGAINST)
bench: setup ## A service beside bare FastAPI: make bench QUICK=1, make bench AGAINST=main
	@.venv/bin/python -m benchmarks --quick "$(QUICK)" --against "$$AGAINST"

.PHONY: micro
micro: setup ## Its parts by themselves: tokens, limits, lines of the log, lists
	@.venv/bin/python -m benchmarks.in_service

.PHONY: lint
lint: setup ## Check style, types and text of every tracked file
	@.venv/bin/pre-commit run --all-files

.PHONY: lock
lock: setup ## Compile requirements/*.txt again; ARGS=--upgrade takes newer versions
	@for name in benchmarks dev gunicorn manifests servers service-tests uv; do \
		echo "Compiling requirements/$$name.txt"; \
		.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --custom-compile-command "make lock" $(ARGS) \
			$$(case $$name in dev|manifests) ;; *) echo --constraints requirements/dev.txt;; esac) \
			$$(case $$name in benchmarks|gunicorn|service-tests) echo --no-deps;; esac) \
			--output-file requirements/$$name.txt requirements/$$name.in || exit 1; \
	done

.PHONY: vendor
vendor: setup ## Take Swagger UI from its npm package: make vendor VERSION=5.35.0
	@.venv/bin/python -m tools.vendor_swagger_ui "$(VERSION)"

.PHONY: picture
picture: setup ## Renew the pictures in docs/: a service's documentation, and its dashboards
	@GROUNDWORK_PICTURE=1 .venv/bin/pytest --quiet \
		tests/processes/test_docs_browser.py tests/processes/test_prometheus.py

.PHONY: tables
tables: setup ## Renew template/docs/tables.sql, which states the tables of the platform
	@GROUNDWORK_TABLES=1 .venv/bin/pytest --quiet tests/template/test_tables.py

.PHONY: setup
setup: $(VENV) ## Install the tools into .venv; the other commands do it themselves

.PHONY: clean
clean: ## Remove what the commands made, the demos included
	rm -rf .demo .tools .venv .mypy_cache .pytest_cache .ruff_cache
	find benchmarks tests tools template -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV): requirements/dev.txt | .python $(filter .tools/%,$(UV))
	@echo "Installing the tools into .venv"
	@$(UV) venv --quiet --clear --python "$(PYTHON_PATH)" .venv
	@$(UV) pip sync --python .venv/bin/python --require-hashes requirements/dev.txt \
		|| { echo "The tools could not be installed; the lines above say why." >&2; exit 1; }
	@touch $@

.tools/bin/uv: requirements/uv.txt | .python
	@echo "Installing uv into .tools"
	@$(PYTHON) -m venv --clear .tools
	@.tools/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements/uv.txt \
		|| { echo "uv could not be installed; the lines above say why." >&2; exit 1; }
	@touch $@

.PHONY: .python
.python:
	@$(PYTHON) -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "This needs Python 3.11 or newer with venv, which '$(PYTHON)' is not: name one with PYTHON=..." >&2; \
		exit 1; }
