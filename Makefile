# make demo and make test do their own set-up; `sh scripts/setup.sh` says how.
BIN := .venv/bin
# Tests wait more than they compute: more workers than CPUs. One that dies ends the run: pytest-xdist 3.8 may hang on a new one.
PARALLEL = -n $(or $(WORKERS),4) --dist loadfile --no-loadscope-reorder --max-worker-restart 0

.DEFAULT_GOAL := help
.PHONY: help setup setup-test demo example test test-vm lint audit perf stats chaos lock clean

help: ## what there is
	@sed -n 's/^\([a-z-]*\):.*## /make \1	/p' Makefile | expand -t 16

setup: ## .venv and the Debian packages that are missing
	@sh scripts/setup.sh demo

setup-test:
	@sh scripts/setup.sh test

demo: setup ## a real campaign on this machine
	@$(BIN)/bench demo

example: setup ## the report of the example campaign, reports/january-2018.html
	@rm -rf demo/january-2018 && mkdir -p demo
	@PYTHONPATH=. $(BIN)/python examples/january_2018/make.py demo/january-2018
	@$(BIN)/bench report --runs demo/january-2018/runs

lint: setup-test ## ruff, mypy, and the audit of dependencies that needs no network
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy --strict
	@$(BIN)/python scripts/audit.py

audit: setup-test ## dependencies: pins, licences, versions known to be bad, and what the package index has withdrawn
	@$(BIN)/python scripts/audit.py --index

test: lint ## lint, then every test, with coverage of bench/ and suites/ (WORKERS=1 for one after the other)
	@$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report=term --cov-fail-under=90

test-vm: ## a real campaign on a virtual machine that is patched, rebooted and reset; needs root (10 minutes)
	@sh scripts/setup.sh vm
	@$(BIN)/python -m pytest -s -m vm tests/vm

perf: setup-test ## speed and memory, as ratios measured in one run
	@set -e; for file in $$(grep -l __main__ tests/perf/*.py | grep -v simulated.py); do $(BIN)/python "$$file"; done

chaos: setup-test ## break everything on purpose and count what is lost (25 minutes; BUDGET= seconds, SEED=, ONLY=)
	@$(BIN)/python -m tests.chaos $(if $(BUDGET),--budget $(BUDGET)) $(if $(SEED),--seed $(SEED)) $(ONLY)

stats: setup-test ## how often verdicts are right, measured anew into docs/statistics.md (minutes)
	@$(BIN)/python -m tests.stats

lock: setup ## requirements.lock anew from pyproject.toml: hashes, no index addresses
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes --no-header \
		--no-emit-index-url --no-emit-find-links --upgrade pyproject.toml --output-file requirements.lock

clean: ## everything that was made here, but no runs and no reports
	rm -rf .venv build dist .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/browser/node_modules
	find bench examples scripts suites tests -name __pycache__ -type d -prune -exec rm -rf {} +
