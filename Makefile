# Needs: make and Python 3.11 or newer. Everything else is fetched into .local/ and .venv/, without root.

UV_VERSION := 0.13.9
UV := .local/tools/uv-$(UV_VERSION)
SYNCED := .venv/.synced
STACK := .venv/bin/python -m local_stack

export UV_PYTHON_DOWNLOADS := never
ifdef PYTHON
export UV_PYTHON := $(PYTHON)
endif
# A home that cannot be written (a service account, a container): keep the cache here.
ifeq ($(UV_CACHE_DIR)$(XDG_CACHE_HOME)$(shell test -w "$$HOME" && echo writable),)
export UV_CACHE_DIR := $(CURDIR)/.local/cache
endif

# The machine's own certificates where it has them: a school's network may have an authority of its own.
CERTIFICATES := $(wildcard /etc/ssl/certs/ca-certificates.crt)
ifneq ($(CERTIFICATES),)
export UV_SYSTEM_CERTS ?= 1
export PIP_CERT ?= $(CERTIFICATES)
endif

.DEFAULT_GOAL := help
.PHONY: help up down reset demo test faults machine shapes test-compose check fmt docs

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

up: $(SYNCED) ## everything, with a demo school, until Ctrl-C (DETACH=1: leave it running; DEMO=0: empty)
	@exec $(STACK) up $(if $(filter-out 0,$(DETACH)),--detach) $(if $(filter 0,$(DEMO)),--without-demo)

down: $(SYNCED) ## stop it; its data is kept
	@exec $(STACK) down

reset: $(SYNCED) ## stop it and wipe its data, ports and passwords
	@exec $(STACK) reset

demo: $(SYNCED) ## load the demo school again into what is running
	@exec $(STACK) demo

test: $(SYNCED) ## all tests, with servers of their own (ARGS="-k departure")
	@exec .venv/bin/python -m pytest $(ARGS)

faults: $(SYNCED) ## the fault table in full: one minute without broker, each service struck in each undo (make test: shorter)
	@DOORSTROOM_FAULTS=full .venv/bin/python -m pytest tests/faults -v $(ARGS)

machine: $(SYNCED) ## 500 runs of the state machine (make test: 20; DOORSTROOM_MACHINE_SEED repeats one)
	@DOORSTROOM_MACHINE_RUNS=$${DOORSTROOM_MACHINE_RUNS:-500} .venv/bin/python -m pytest tests/machine -s $(ARGS)

shapes: $(SYNCED) ## 200 examples right and wrong of each route against its OpenAPI document (make test: 3)
	@DOORSTROOM_SHAPES_EXAMPLES=$${DOORSTROOM_SHAPES_EXAMPLES:-200} .venv/bin/python -m pytest tests/shapes $(ARGS)

test-compose: $(SYNCED) ## the deployment in containers, some minutes: with the docker that answers, else, as root, with its own
	@exec .venv/bin/python -m tests.compose $(ARGS)

check: $(SYNCED) ## format, lint, types, and the directions between the modules
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

docs: $(SYNCED) ## docs/messages.md and docs/asyncapi.json, from the contracts
	.venv/bin/python -m shared.contracts.documentation

fmt: $(SYNCED) ## put the code in its form
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

$(SYNCED): $(UV) uv.lock pyproject.toml $(wildcard */pyproject.toml services/*/pyproject.toml)
	@echo "  installing what uv.lock names"
	@$(UV) sync --locked --quiet
	@touch $@

# Moved into place when whole, so that two makes at once do no harm. uv is one binary: the venv is only its wrapping.
$(UV):
	@set -e; \
	for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && found=$$python && break; \
	done || true; \
	if [ -z "$$found" ]; then \
	  echo "Doorstroom needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$found cannot make virtual environments. On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; \
	fi; \
	echo "  fetching uv $(UV_VERSION)"; \
	mkdir -p .local/tools; \
	wrapping=$$(mktemp -d .local/tools/fetching.XXXXXX); \
	trap 'rm -rf "$$wrapping"' EXIT; \
	"$$found" -m venv "$$wrapping"; \
	"$$wrapping/bin/python" -m pip --disable-pip-version-check install --quiet --no-cache-dir uv==$(UV_VERSION); \
	mv "$$wrapping/bin/uv" $@
