# `make run` starts the hotline; `make test` proves it. Both install what they need.
.PHONY: run demo test rush faults bench check voice-check clean help

help:
	@echo "make run    start the hotline (Ctrl-C stops it)"
	@echo "make demo   a minute of real callers and agents on the running hotline"
	@echo "make test   every check and test"
	@echo "make rush   60 agents, 120 callers at once, restarts in the middle: every call accounted for"
	@echo "make faults the long form of what is killed, cut and rotated under the recorder"
	@echo "make bench  how fast it is, on this machine, today"
	@echo "make check  style, types and layers only"
	@echo "make voice-check  how well each voice is understood, by a speech recogniser"
	@echo "make clean  remove what was built; IVR_HOME stays"

run:
	@scripts/setup run
	@exec .venv/bin/ivr serve

demo:
	@scripts/setup test
	@.venv/bin/python -m tests.e2e.demo

# What Python compiles is kept: tests start programs hundreds of times.
test: export PYTHONDONTWRITEBYTECODE =
test: check
	.venv/bin/pytest -q -n 3 --dist loadfile --no-loadscope-reorder --ignore tests/e2e $(PYTEST)
	.venv/bin/pytest -q tests/e2e $(PYTEST)

# Eight minutes, with a processor of its own.
rush:
	@scripts/setup test
	.venv/bin/python -m tests.e2e.rush

# A few minutes. IVR_FAULTS_SEED=8 tries other instants.
faults:
	@scripts/setup test
	IVR_FAULTS=full .venv/bin/pytest -q tests/faults $(PYTEST)

bench:
	@scripts/setup test
	.venv/bin/python -m benchmarks.keys
	.venv/bin/python -m benchmarks.rail_answers
	.venv/bin/python -m benchmarks.booking
	.venv/bin/python -m benchmarks.sentences
	.venv/bin/python -m benchmarks.waits
	.venv/bin/python -m benchmarks.recorder
	.venv/bin/python -m benchmarks.cold_sentences
	.venv/bin/python -m benchmarks.codecs
	.venv/bin/python -m benchmarks.key_to_sound

check:
	@scripts/setup test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

# Takes half an hour and more, and fetches 230 MB the first time.
voice-check:
	@scripts/setup test
	.venv/bin/ivr voice install kokoro
	.venv/bin/python -c 'import faster_whisper' 2>/dev/null || .venv/bin/python -m pip install -q faster-whisper==1.2.1
	.venv/bin/python -m benchmarks.voice_check
	.venv/bin/python -m benchmarks.voice_calls

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build *.egg-info
