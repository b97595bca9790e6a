# Everything a newcomer, a developer and CI do, in one place. `make` alone lists it.

PYTHON ?= python3
PORT ?= 8000
URL ?= http://127.0.0.1:$(PORT)
UV ?= uv
ARGS ?=

PY := .venv/bin/python
RUNTIME := .venv/runtime.stamp
DEV := .venv/dev.stamp
IDE := .cache/ide/attempted.stamp
PEERS := bench/peers/node/node_modules/installed.stamp
PIP := $(PY) -m pip install -qq --disable-pip-version-check --require-hashes

ifdef DATABASE_URL
export DATABASE_URL
endif

# Three on two cores: some of the longest files mostly wait for other processes. Files go in their order, long ones apart.
AT_ONCE := -n 3 --dist loadfile --no-loadscope-reorder

# What hurts an export; `make test` meets it with a PSA that can be searched.
MATRIX := tests/outbox tests/crash/test_healing.py $(addprefix tests/wire/test_,$(addsuffix .py,\
	draining full_disks kill outages restored rotation takeover twins))

.DEFAULT_GOAL := help
.PHONY: help run tour ide test fuzz crash kinds soak mutants bench bench-exports check format schema lock clean

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(RUNTIME) $(IDE) ## Start the demo, data and all  [PORT=8000 DATABASE_URL=... RESET=1]
	@$(PY) app.py demo --port $(PORT) $(if $(RESET),--reset)

tour: $(RUNTIME) ## Walk through the API of a running demo  [URL=http://127.0.0.1:8000]
	@$(PY) app.py tour --url $(URL)

ide: $(RUNTIME) ## Fetch GraphiQL once more; without it the server has a plain page
	@mkdir -p $(dir $(IDE)) && $(PY) -m schema.ide.fetch && touch $(IDE)

test: $(DEV) ## Run the tests, on SQLite and on a PostgreSQL of their own  [ARGS="-k tickets"]
	@$(PY) -m pytest $(AT_ONCE) $(ARGS)

fuzz: $(DEV) ## Let random documents be answered by both finishers and a reference  [DOCUMENTS=2500 a database, SEED=1]
	@DOCUMENTS=$(or $(DOCUMENTS),2500) $(PY) -m pytest -n 2 --dist load -v -k random tests/reading/test_agreement.py

crash: $(DEV) ## Kill workers by the hundred and count what the PSA has  [LINES=10000 KILLS=1000 SEED=1 PSA=B DATABASE=both]
	@$(PY) -m tests.crash --lines $(or $(LINES),10000) --kills $(or $(KILLS),1000) --seed $(or $(SEED),1) --psa $(or $(PSA),B) \
		--database $(or $(DATABASE),both)

kinds: $(DEV) ## Meet the faults of docs/faults.md with PSAs of the other two kinds  [KINDS="A C"]
	@for kind in $(or $(KINDS),A C); do echo "A PSA of kind $$kind"; \
		PSA=$$kind $(PY) -m pytest $(AT_ONCE) $(ARGS) $(MATRIX) || exit 1; done

soak: $(DEV) ## Serve for a while, with a PSA that errs, and see what grows or is lost  [MINUTES=10 SEED=1 PSA=B DATABASE=both]
	@$(PY) -m tests.crash.soaks --minutes $(or $(MINUTES),10) --seed $(or $(SEED),1) --psa $(or $(PSA),B) \
		--database $(or $(DATABASE),both)

check: $(DEV) ## Lint, check the format, the types and the rooms
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@.venv/bin/basedpyright
	@.venv/bin/lint-imports --no-logo

format: $(DEV) ## Format, and fix what can be fixed
	@$(PY) -m ruff check --fix-only .
	@$(PY) -m ruff format .

schema: $(RUNTIME) ## Write the contract, schema/schema.graphql
	@$(PY) app.py schema > schema/schema.graphql.new && mv schema/schema.graphql.new schema/schema.graphql

mutants: $(DEV) ## Change the ledger, money and rules in small ways, and count what the tests notice  [AREA=all MOST=40 SEED=1]
	@$(PY) -m tests.mutants --area $(or $(AREA),all) --most $(or $(MOST),0) --seed $(or $(SEED),1)

bench: $(DEV) $(PEERS) ## Measure against other servers, for an hour; installs wrk  [QUICK=1, and see bench/README.md]
	@command -v wrk > /dev/null || { echo "Installing wrk, which makes the load, from Debian's packages"; \
		apt-get install -y -qq wrk > /dev/null || { echo "That did not go: install wrk yourself"; exit 1; }; }
	@$(PY) -m bench.run

bench-exports: $(DEV) ## Measure how fast exports go, against the ideal  [LINES=10000 DATABASE=both]
	@$(PY) -m bench.exports --lines $(or $(LINES),10000) --database $(or $(DATABASE),both)

COMPILE = $(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	--extra postgres --extra speed pyproject.toml

lock: ## Pin what pyproject.toml asks for; needs uv  [UV=path ARGS=--upgrade]
	@$(COMPILE) $(ARGS) -o requirements.lock
	@$(COMPILE) $(ARGS) --group dev --constraint requirements.lock -o requirements-dev.lock

clean: ## Remove the environment and every cache; the demo's data in .data stay
	@rm -rf .venv .cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage dist

# Installed on top of what is there: pins and hashes bring every package to its version, and a restart is quick.
$(RUNTIME): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "This needs Python 3.11 or newer; name it with PYTHON=python3.12"; exit 1; }
	@echo "Installing into .venv (once, and whenever a lock changes)"
	@$(PY) -m pip --version > /dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(PIP) -r requirements.lock
	@touch $@

$(DEV): $(RUNTIME) requirements-dev.lock
	@$(PIP) -r requirements-dev.lock
	@touch $@

$(PEERS): bench/peers/node/package-lock.json
	@echo "Installing the peers that run on Node into bench/peers/node (once, and whenever their lock changes)"
	@cd bench/peers/node && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# Tried once for every version of the script: a machine without npm is not asked at each start.
$(IDE): schema/ide/fetch.py | $(RUNTIME)
	@mkdir -p $(dir $@) && $(PY) -m schema.ide.fetch && touch $@
