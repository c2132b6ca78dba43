# One verb each: demo, test, lint, protos, bench, serve, lock. `make` alone lists them.
# Everything else below is a stamp or a step of one of these. Nothing is needed but make and Python 3.11 or newer.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Two installs into one environment must not overlap.
.NOTPARALLEL:
.PHONY: help demo test lint protos bench serve lock release-image \
	lint-style lint-types lint-dependencies lint-security lint-imports lint-protos lint-generated lint-deploy

PYTHON ?= $(shell for python in python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$python; break; }; done)
BIN := .venv/bin
PIP_INSTALL := install --quiet --disable-pip-version-check
EDITABLE := $(PIP_INSTALL) --no-deps --no-build-isolation -e clients/python -e .
PYPROJECTS := pyproject.toml clients/python/pyproject.toml
RELEASE := protos/released/counterpoise-v0.1.binpb

help:
	@echo 'demo    allocate the example portfolios, measure one, and bring it to approved trades, with servers of its own'
	@echo 'test    run the tests on two cores; more options: make test PYTEST_ARGS="-k leverage"'
	@echo 'lint    check style, types, imports, dependencies, security, protos and the Dockerfile'
	@echo 'protos  generate the Python code of the protos'
	@echo 'bench   run the benchmarks, beside other libraries, in .venv-bench'
	@echo 'serve   start the server'
	@echo 'lock    resolve the lock files again; newest releases: make lock UPGRADE=--upgrade'

demo: .venv/.packages
	$(BIN)/counterpoise allocate clients/python/examples/pension.yaml
	$(BIN)/counterpoise allocate clients/python/examples/retail.yaml
	$(BIN)/counterpoise allocate clients/python/examples/total_portfolio.yaml
	$(BIN)/counterpoise liquidity clients/python/examples/total_portfolio.yaml
	clients/python/examples/rebalance_total_portfolio.sh

test: .venv/.dev .venv/.packages
	$(BIN)/pytest -n 2 --dist loadgroup $(PYTEST_ARGS)

serve: .venv/.packages
	$(BIN)/counterpoise-server serve

bench: .venv-bench/.packages
	.venv-bench/bin/pytest -s -W default -o timeout=0 -o python_files='bench_*.py' -o python_functions='bench_*' tests/benchmarks $(PYTEST_ARGS)

# Environments

.venv/bin/pip .venv-bench/bin/pip:
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed; name it with make PYTHON=/path/to/python' >&2; exit 1; }
	$(PYTHON) -m venv $(@D:/bin=)

.venv/.runtime: requirements.lock | .venv/bin/pip
	$(BIN)/pip $(PIP_INSTALL) --require-hashes -r requirements.lock
	@touch $@

# requirements-dev.lock holds everything in requirements.lock at the same versions, so one install serves both stamps.
.venv/.dev: requirements-dev.lock requirements.lock | .venv/bin/pip
	$(BIN)/pip $(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	@touch .venv/.runtime $@

.venv/.packages: .venv/.runtime $(PYPROJECTS)
	$(BIN)/pip $(EDITABLE)
	@touch $@

.venv-bench/.bench: requirements-bench.lock | .venv-bench/bin/pip
	.venv-bench/bin/pip $(PIP_INSTALL) --require-hashes -r requirements-bench.lock
	@touch $@

.venv-bench/.packages: .venv-bench/.bench $(PYPROJECTS)
	.venv-bench/bin/pip $(EDITABLE)
	@touch $@

# Protos

GENERATED := clients/python/counterpoise/v1
# $(call generate,DIRECTORY) writes the modules of all protos, and of their services, below DIRECTORY/counterpoise/v1.
PROTOC := $(BIN)/python -m grpc_tools.protoc -I protos -I protos/third_party \
	--plugin=$(BIN)/protoc-gen-mypy --plugin=$(BIN)/protoc-gen-mypy_grpc
generate = $(PROTOC) --python_out="$(1)" --mypy_out="quiet:$(1)" $(sort $(wildcard protos/counterpoise/v1/*.proto)) \
	&& $(PROTOC) --grpc_python_out="$(1)" --mypy_grpc_out="quiet:$(1)" $$(grep -l '^service ' protos/counterpoise/v1/*.proto)

protos: .venv/.dev
	rm -f $(GENERATED)/*_pb2*
	$(call generate,clients/python)

# Keeps the protos as they are released; from then on lint fails on a change that breaks old clients.
release-image: .venv/.dev
	mkdir -p $(dir $(RELEASE))
	cd protos && ../$(BIN)/buf build --path counterpoise --exclude-source-info -o ../$(RELEASE)

# Lint

lint: lint-style lint-types lint-dependencies lint-security lint-imports lint-protos lint-generated lint-deploy

lint-style: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

lint-types: .venv/.dev .venv/.packages
	$(BIN)/mypy

lint-dependencies: .venv/.dev .venv/.packages
	$(BIN)/deptry optimizer
	cd clients/python && ../../$(BIN)/deptry counterpoise

lint-security: .venv/.dev
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive optimizer clients/python/counterpoise

lint-imports: .venv/.dev .venv/.packages
	$(BIN)/lint-imports

lint-protos: .venv/.dev
	cd protos && ../$(BIN)/buf lint
	cd protos && ../$(BIN)/buf format --diff --exit-code --path counterpoise
	$(if $(wildcard $(RELEASE)),cd protos && ../$(BIN)/buf breaking --path counterpoise --against ../$(RELEASE))

lint-generated: .venv/.dev
	@out=$$(mktemp -d) && trap 'rm -rf "$$out"' EXIT && $(call generate,$$out) \
		&& diff --recursive --exclude=__init__.py --exclude=__pycache__ "$$out/counterpoise/v1" $(GENERATED) \
		|| { echo 'The generated code is out of date: run make protos and commit what changes.' >&2; exit 1; }

lint-deploy: .venv/.dev
	$(BIN)/hadolint deploy/Dockerfile

# Lock files. The bench lock is held to the service's own versions, so benchmarks measure what is shipped.

COMPILE = $(BIN)/uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(UPGRADE)

lock: .venv/.dev
	$(COMPILE) --no-emit-package counterpoise pyproject.toml --extra sweeps --group build -o requirements.lock
	$(COMPILE) --no-emit-package counterpoise pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) --no-emit-package counterpoise pyproject.toml --group bench -c requirements.lock -o requirements-bench.lock
	$(COMPILE) clients/python/pyproject.toml -c requirements.lock -o clients/python/requirements.lock
