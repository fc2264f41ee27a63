# Hito. `make demo` shows it, `make test` proves it; `make help` lists the rest.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
WORKERS ?= 3
LOCKS := requirements/setup.lock requirements/dev.lock

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-chaos test-embedded properties flood fuzz-api fuzz attacks audit lint format up down bench chaos chaos-ledger mutants contracts layouts locks clean

help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(READY) ## Make .venv from the hashed locks (the other targets call it)

$(READY): $(LOCKS)
	@echo "setting up .venv ..."
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Hito needs Python 3.11 or newer")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/setup.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.lock
	@touch $(READY)

demo: $(READY) ## Everything on this machine, without containers; ONCE=1 ends after the story with a summary
	@$(BIN)/python -m sandbox $(if $(ONCE),--once) $(ARGS)

test: $(READY) ## All tests, from unit to end-to-end, but for test-chaos (ARGS="-k name" for some)
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(or $(ARGS),--ignore=tests/chaos)

test-chaos: $(READY) ## Tests that kill processes, break providers and move consumers (some minutes)
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile $(or $(ARGS),tests/chaos)

test-embedded: $(READY) ## The same on the embedded broker, whatever else this machine has
	@HITO_TEST_BROKER=embedded $(MAKE) --no-print-directory test

properties: $(READY) ## The property tests of order state alone, with ten times as many examples
	@HITO_PROPERTIES=10 $(BIN)/python -m pytest --numprocesses $(WORKERS) --timeout 1800 \
		tests/unit/tracking/test_any_arrival_order.py tests/unit/tracking/test_real_lives.py

flood: $(READY) ## 100,000 events through the whole system, every verdict counted (EVENTS=20000 for fewer)
	@HITO_FLOOD_EVENTS=$(or $(EVENTS),100000) $(BIN)/python -m pytest -q tests/e2e/test_flood.py

fuzz-api: $(READY) ## Much odd data at tracking's API; EXAMPLES=1000 for more (make test sends a little)
	@HITO_FUZZ_EXAMPLES=$(or $(EXAMPLES),100) $(BIN)/python -m pytest -q tests/integration/tracking/test_api_fuzzed.py

FUZZ := .venv-fuzz/bin/python
.venv-fuzz/.ready: requirements/fuzz.lock $(READY)
	@$(PYTHON) -m venv .venv-fuzz
	@$(BIN)/uv pip install --quiet --python $(FUZZ) --require-hashes -r requirements/fuzz.lock
	@touch .venv-fuzz/.ready

fuzz: .venv-fuzz/.ready ## Every parser under a fuzzer, 1,000,000 bodies each (hours; resumable): EXECUTIONS=10000 ARGS=push-dhl
	@$(FUZZ) -m tests.fuzz.clock $(ARGS)
	@$(FUZZ) -m tests.fuzz --executions $(or $(EXECUTIONS),1000000) $(ARGS)

attacks: $(READY) ## Every attack of docs/security.md in full number (a quarter of an hour; make test tries a few of each)
	@HITO_ATTACKS=many $(BIN)/python -m pytest -q --timeout 3600 tests/security $(ARGS)
AUDIT := .venv-audit/bin/python
.venv-audit/.ready: requirements/audit.lock $(READY)
	@$(PYTHON) -m venv .venv-audit
	@$(BIN)/uv pip install --quiet --python $(AUDIT) --require-hashes -r requirements/audit.lock
	@touch .venv-audit/.ready

audit: .venv-audit/.ready ## Known vulnerabilities, licences, secrets, bills of materials (build/sbom); ARGS=--complete: nothing may be left out
	@$(AUDIT) -m tests.supply_chain $(ARGS)

lint: $(READY) ## ruff, mypy strict, import walls, contracts, house rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy shared services sandbox tests
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m shared.contracts --check
	@$(BIN)/python -m services.carrier_gateway directory
	@$(BIN)/python -m pytest -q --no-header tests/contract/test_boundaries.py tests/contract/test_portability.py

format: $(READY) ## Let ruff lay out the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

up: ## The same system with docker compose (needs a filled-in .env, see .env.example)
	docker compose up --build --wait

down: ## Stop it, keep its data
	docker compose down

bench: $(READY) ## Measure, beside a baseline, in one run; writes build/bench.json (ARGS=tracking for one part)
	@$(BIN)/python -m tests.bench $(ARGS)

chaos: $(READY) ## Break all of Hito on real servers and have an oracle judge it; TIER=2 (hours) and 3 run CHUNKS= parts; TIER=long (half an hour)
	@$(BIN)/python -m tests.rig --tier $(or $(TIER),1) $(if $(CHUNKS),--chunks $(CHUNKS)) $(if $(TIER),,--anew) $(ARGS)

chaos-ledger: $(READY) ## Kill -9 of every process, and at every move of every message through every fault (a quarter of an hour)
	@HITO_FAULT_MATRIX=whole $(BIN)/python -m pytest -q -s tests/chaos/test_kill_any_process.py tests/chaos/test_fault_matrix.py $(ARGS)

mutants: $(READY) ## Break the product in 21 ways: the oracle must catch each (a quarter of an hour; goes on where it stopped; ARGS=relay)
	@$(BIN)/python -m tests.mutants $(ARGS)

contracts: $(READY) ## Write shared/contracts/schemas anew
	@$(BIN)/python -m shared.contracts

layouts: $(READY) ## Compile the e-mail layouts anew
	@$(BIN)/python -m sandbox.compile_layouts

locks: $(READY) ## Resolve all locks anew
	@for group in carrier_gateway tracking notifier dev fuzz audit; do \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
			--group $$group --output-file requirements/$$group.lock || exit 1; \
	done
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		requirements/setup.in --output-file requirements/setup.lock

clean: ## Forget what was built
	rm -rf build .venv .venv-fuzz .venv-audit
