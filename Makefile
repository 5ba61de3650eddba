# make demo · make test · make check · make bench      (needs python3.11+, git and make; nothing else)
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
	if command -v $$p >/dev/null && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then echo $$p; break; fi; done)
BIN := .venv/bin
PORT ?= 8000
DATA ?= .hub

.PHONY: install demo test check bench lock web clean

install: .venv/runtime.stamp

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更新版本 / Python 3.11 or newer is needed"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/runtime.stamp: requirements/runtime.lock pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements/dev.lock .venv/runtime.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

demo: install
	$(BIN)/hub up --demo --port $(PORT) --data $(DATA)

test: .venv/dev.stamp
	$(BIN)/python -m pytest -n 2

check: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/dev.stamp
	$(BIN)/python -m bench

lock:
	uv pip compile pyproject.toml --extra build --python-version 3.11 --universal --generate-hashes \
		--no-emit-index-url --no-header --quiet --output-file requirements/runtime.lock
	uv pip compile pyproject.toml --extra build --extra dev --constraints requirements/runtime.lock \
		--python-version 3.11 --universal --generate-hashes --no-emit-index-url --no-header --quiet \
		--output-file requirements/dev.lock

web:
	cd web && npm ci --no-audit --no-fund && npm run build

clean:
	rm -rf .venv .hub
