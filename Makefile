# `make run` starts the hotline; `make test` proves it. Both install what they need.
.PHONY: run test check clean help

help:
	@echo "make run    start the hotline (Ctrl-C stops it)"
	@echo "make test   every check and test"
	@echo "make check  style, types and layers only"
	@echo "make clean  remove what was built; IVR_HOME stays"

run:
	@scripts/setup run
	@exec .venv/bin/ivr serve

test: check
	.venv/bin/pytest $(PYTEST)

check:
	@scripts/setup test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build *.egg-info
