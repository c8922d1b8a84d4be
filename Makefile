# Everything a person does with this checkout. `make` alone lists it.
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest
WORKERS ?= auto

.DEFAULT_GOAL := help
.PHONY: help setup demo run test check format lock bench screenshots clean

help: ## list what can be done
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## prepare this folder: system libraries, virtual environment, locked dependencies
	@installer/bootstrap.sh run

demo: ## two filled mailboxes on an embedded mail server, and the desk opened on them
	@installer/bootstrap.sh run
	@$(BIN)/desk-app demo $(ARGS)

run: ## open the desk on your own data
	@installer/bootstrap.sh run
	@$(BIN)/desk-app run $(ARGS)

test: ## checks, then every test, with real mail servers and databases started by the tests
	@installer/bootstrap.sh test
	@$(MAKE) --no-print-directory check
	$(PYTEST) -n $(WORKERS) --dist worksteal $(ARGS)

check: ## formatter, linter, strict types, import contracts, dead code
	@installer/bootstrap.sh test
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture

format: ## rewrite the code the way `make check` wants it
	@installer/bootstrap.sh test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## resolve the dependencies anew (needs uv on the PATH)
	uv pip compile --quiet --custom-compile-command "make lock" --generate-hashes --no-emit-index-url --python-version 3.11 --universal --upgrade \
		--extra demo --extra build pyproject.toml -o requirements/runtime.txt
	uv pip compile --quiet --custom-compile-command "make lock" --generate-hashes --no-emit-index-url --python-version 3.11 --universal --upgrade \
		--extra demo --extra build --group dev pyproject.toml -o requirements/dev.txt

bench: ## speed and memory as ratios to bare baselines of the same run
	@installer/bootstrap.sh test
	$(BIN)/python -m bench $(ARGS)

screenshots: ## pictures of every screen, light and dark and in Spanish, into build/screenshots
	@installer/bootstrap.sh test
	$(BIN)/python -m tests.ui.screenshots build/screenshots

clean: ## remove what the commands above made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
