# Each target does its own set-up in .venv; a stamp file makes the second call quick.
#   make demo    train a digit classifier from one source, on JAX and then on PyTorch
#   make test    the test suite                   make test-full   more random cases, all eager and optimised
#   make sweep   every row of the table through Inductor: values and derivatives, compiled against eager
#   make check   linters, types, generated files  make soak        random programs for an hour (SOAK_FLAGS='--minutes 5')
#   make mutation    plant wrong derivatives and see whether the tables notice (MUTATION_FLAGS='--count 40 --write')
#   make array-api   the consortium's conformance suite (ARRAY_API_FLAGS='--backend torch --examples 20')
#   make docs    build the documentation          make bench       dualgrad against the frameworks (BENCH_FLAGS)
#   make accuracy    measure errors in units in the last place, write docs/accuracy.md
#   make opinfo      feed the samples of PyTorch's OpInfo to both backends (OPINFO_FLAGS='--only add,fft.fft')
#   make clean   remove everything that can be made again
# PYTHON=... chooses the interpreter (3.11 or newer), PIP_FLAGS=... adds options to every pip call.

PYTHON ?= $(firstword $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p; done))
BIN := .venv/bin
export NO_MKDOCS_2_WARNING := 1
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $(PIP_FLAGS)

# One thread per worker, and compiled programs kept between runs, inside the checkout.
TEST_ENV := OMP_NUM_THREADS=1 JAX_COMPILATION_CACHE_DIR=$(CURDIR)/.cache/jax \
	JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0.3 TORCHINDUCTOR_CACHE_DIR=$(CURDIR)/.cache/inductor
TOY := $(wildcard tests/toy_backend/pyproject.toml)

.PHONY: demo test test-full sweep soak mutation array-api jax-suite accuracy opinfo check lint types pages docs bench clean
.DELETE_ON_ERROR:

demo: .venv/.demo # the matrices are too small for more than one thread
	OMP_NUM_THREADS=$${OMP_NUM_THREADS:-1} $(BIN)/python examples/train_digits.py

test: .venv/.test
	$(TEST_ENV) $(BIN)/python -m pytest -n 2 --dist worksteal $(PYTEST_FLAGS)

test-full: .venv/.test
	$(TEST_ENV) HYPOTHESIS_PROFILE=full DUALGRAD_CONFORMANCE=eager DUALGRAD_MATRIX=full JAX_DISABLE_MOST_OPTIMIZATIONS=0 \
		$(BIN)/python -m pytest -n 2 $(PYTEST_FLAGS)

sweep: .venv/.test
	$(TEST_ENV) DUALGRAD_CONFORMANCE=eager $(BIN)/python -m pytest -n 2 $(PYTEST_FLAGS) \
		tests/conformance/test_builtin.py::TestTorch::test_compiled

soak: .venv/.test
	$(TEST_ENV) $(BIN)/python tools/soak.py $(SOAK_FLAGS)

mutation: .venv/.test
	$(TEST_ENV) $(BIN)/python tools/mutate.py $(MUTATION_FLAGS)

array-api: .venv/.test
	$(TEST_ENV) $(BIN)/python tools/array_api.py $(ARRAY_API_FLAGS)

jax-suite: .venv/.test
	$(TEST_ENV) $(BIN)/python tools/jax_suite.py $(JAX_SUITE_FLAGS)

accuracy: .venv/.test
	$(TEST_ENV) $(BIN)/python tools/accuracy.py --check

opinfo: .venv/.test
	@test -d .cache/opinfo || $(BIN)/python -m pip install --quiet --no-deps --target .cache/opinfo expecttest
	$(TEST_ENV) PYTHONPATH=.cache/opinfo $(BIN)/python tools/opinfo.py $(OPINFO_FLAGS)

check: lint types pages # which `make -j 2 check` does beside each other

lint: .venv/.dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/python tools/sync_protocol.py --check
	$(BIN)/python tools/sync_docs.py --check
	$(BIN)/lint-imports

types: .venv/.dev
	$(BIN)/pyright

pages: .venv/.dev
	$(BIN)/mkdocs build --strict --quiet --site-dir .cache/site

docs: .venv/.dev
	$(BIN)/python tools/sync_docs.py
	$(BIN)/mkdocs build --strict --site-dir site

bench: .venv/.bench
	$(BIN)/python -m benchmarks $(BENCH_FLAGS)

clean:
	rm -rf .venv .cache .hypothesis .pytest_cache .ruff_cache .import_linter_cache site out build dist
	find src tests examples tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# The extras that each stamp stands for; .dev contains .test, and .test contains .demo.
.venv/.demo: EXTRAS := all,demo
.venv/.test: EXTRAS := test
.venv/.dev: EXTRAS := dev
.venv/.demo .venv/.test .venv/.dev: pyproject.toml constraints.txt $(TOY) | .venv/pyvenv.cfg
	@echo "Installing dualgrad[$(EXTRAS)] into .venv ..."
	@$(PIP) -e '.[$(EXTRAS)]'
	@if [ $@ != .venv/.demo ] && [ -n "$(TOY)" ]; then $(PIP) --no-deps -e tests/toy_backend; fi
	@touch $@

# What is not to be had is left out of the tables.
.venv/.bench: .venv/.demo
	@echo "Installing dualgrad[bench] into .venv ..."
	@$(PIP) -e '.[bench]' || echo "The other libraries could not be installed: the benchmarks go without them."
	@touch $@

.venv/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "dualgrad needs Python 3.11 or newer; name one with PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv .venv
