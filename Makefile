# `make help` lists the targets. Every target sets up what it uses.
.DEFAULT_GOAL := help
.PHONY: help .venv test test-quick lint format docs bench lock bundle clean
VENV := $(if $(INSIGHTS_VENV),$(INSIGHTS_VENV),.venv)
BIN := $(VENV)/bin
PARALLEL := -n logical --dist loadfile --no-loadscope-reorder

help:  ## list the targets
	@grep -hE '^[a-z.-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.venv:  ## set up the environment alone, from the hash-locked requirements
	@scripts/venv.sh dev

test: .venv  ## everything: lint, unit, integration and acceptance tests (about 20 minutes on 2 cores)
	$(BIN)/python -m pytest $(PARALLEL)

test-quick: .venv  ## the quick unit tests, in about two minutes
	$(BIN)/python -m pytest $(PARALLEL) -m "not slow" tests/unit

lint: .venv  ## ruff, mypy, shellcheck, actionlint and sqlfluff
	$(BIN)/python -m pytest tests/unit/test_lint.py tests/integration/test_sqlfluff.py

format: .venv  ## let ruff put the Python code in form
	$(BIN)/ruff format python_jobs tests benchmarks demo
	$(BIN)/ruff check --fix python_jobs tests benchmarks demo

docs: .venv  ## the dbt project's documentation and lineage, in one page
	@[ -n "$$INSIGHTS_DATABASE_URL" ] || $(BIN)/insights db start
	$(BIN)/insights dbt --quiet docs generate --static
	@echo "Open in a browser: $(CURDIR)/dbt_project/target/static_index.html"

bench: .venv  ## measure against peers; see benchmarks/README.md
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python -m "benchmarks.$$(basename "$$file" .py)" || exit 1; done

lock: .venv  ## write requirements/*.lock anew (needs uv)
	scripts/lock.sh

bundle: .venv  ## one zip of the last commit for machines without a checkout, in dist/
	$(BIN)/python scripts/bundle.py

clean:  ## remove the environment, the embedded database and everything built
	-$(BIN)/insights db stop
	rm -rf .venv .venv.lock .insights dist dbt_project/target dbt_project/logs dbt_project/profiles.yml cluster_output
