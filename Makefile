# Thin names for what docs/running.md explains. Needs Python >= 3.11 with venv, and a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# A user's own settings of these would make pip install elsewhere.
PIP := PIP_USER=0 PIP_TARGET= PIP_PREFIX= envs/step.sh $(BIN)/python -m pip
UV := envs/step.sh $(BIN)/uv pip

.PHONY: help env quick figures paper validate report bundle test test-fast snapshots test-lowest test-newest \
  test-in test-slurm test-container test-browser test-readers launchers chaos chaos-slurm check schema docs bench

help:
	@echo "make env       the environment in $(VENV), from a lock file with hashes"
	@echo "make quick     a first look: 200 samples of both sweeps, in results-quick"
	@echo "make figures   both sweeps of the paper, tables and figures, on all cores"
	@echo "make paper     every figure and table of the paper, and the check of its claims"
	@echo "make validate  whether the paper's claims hold; fails if one no longer does"
	@echo "make report    all results on one page, results/report.html, which needs no network"
	@echo "make bundle    a folder to publish: figures, data, tables, claims, configuration, checksums"
	@echo "make test      the tests"
	@echo "make test-fast  those of them that need no second each, in less than a minute"
	@echo "make snapshots  the wording of messages that the tests compare with, after you improved one"
	@echo "make test-lowest  a sweep and tests with the oldest versions that pyproject.toml allows; test-newest: the newest"
	@echo "make test-slurm  the tests on a real Slurm cluster of this machine; as root, on Debian"
	@echo "make test-slurm RELEASE=trixie  the same with Python and Slurm of another Debian (SHORT=1: the main ones)"
	@echo "make launchers RELEASE=trixie  which launcher starts which MPI library on another Debian"
	@echo "make test-in RELEASE=trixie  make env, quick and test on another Debian (COMPILER=1: with gcc)"
	@echo "make test-container  the image of envs/Containerfile, and a sweep in it; as root, on Debian"
	@echo "make test-browser  the tests of the report in Chromium; as root on Debian it installs that"
	@echo "make test-readers  the queries of docs/elsewhere.md in DuckDB, R and others; as root on Debian it installs those"
	@echo "make chaos     200 faults at random against sweeps of this machine (SEED=1 MINUTES=45)"
	@echo "make chaos-slurm  40 against sweeps on a real Slurm cluster of this machine; as root, on Debian"
	@echo "make check     format, lint, types, and how long the sentences of the pages are"
	@echo "make schema    the JSON schema of config.yaml"
	@echo "make docs      the reference of the library and the notebook in build/docs, docs/command-line.md, docs/columns.md"
	@echo "make bench     what the numerics cost, how a sweep scales, how good plans are (QUICK=1: a first look)"
	@echo "make bench AGAINST=REF  how fast this commit is beside another, which is built for it"

env: $(READY)

# An environment contains the path of its project: in the first lines of its programs, and in its link to
# the code. So it records this path, and a project that was copied or moved makes a new environment.
# It records it at the end: what is there of an installation that failed is not used.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
CLEAR := $(if $(wildcard $(VENV)),--clear)
endif

$(READY): envs/bootstrap.lock envs/requirements.lock pyproject.toml
	@$(PYTHON) -c '' 2>/dev/null || \
	  { echo "error: there is no program $(PYTHON) that runs; run make PYTHON=PATH, with a Python ≥ 3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is older than 3.11; run make PYTHON=python3.11 (or newer)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "error: $(PYTHON) has no venv; on Debian install the package python3-venv" >&2; exit 1; }
	@[ -z "$(CLEAR)" ] || [ ! -L $(VENV) ] || \
	  { echo "error: $(VENV) is a link to the environment of another folder; remove the link" >&2; exit 1; }
	@[ -w . ] || \
	  { echo "error: $(CURDIR) cannot be written; clone the project into a folder of your own" >&2; exit 1; }
	@rm -f $@
	envs/step.sh $(PYTHON) -m venv $(CLEAR) $(VENV)
	$(PIP) install --quiet --require-hashes -r envs/bootstrap.lock
	$(UV) install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r envs/requirements.lock
	$(UV) install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@pwd -P >$@

quick: env
	$(BIN)/snakemake --config samples=200 results=results-quick

figures: env
	$(BIN)/snakemake

paper: env
	$(BIN)/snakemake paper

validate: env
	$(BIN)/snakemake validate

report: env
	$(BIN)/snakemake report

bundle: env
	$(BIN)/snakemake bundle

test-fast: env
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m 'not slow' tests/unit tests/property

test: env
	$(BIN)/python -m pytest -n 2 --dist worksteal $(if $(JUNIT),--junitxml=$(JUNIT)/test.xml)

snapshots: env
	$(BIN)/python -m pytest -q -m syrupy_snapshot --snapshot-update

test-lowest test-newest: env
	tests/versions/run.sh $(BIN)/python $(@:test-%=%)

ifdef RELEASE
test-slurm:
	tests/debian/run.sh $(RELEASE) make test-slurm $(if $(SHORT),SHORT=1)
else
test-slurm: env
	tests/slurm/run.sh $(BIN)/python $(if $(SHORT),-k 'by_the_profile_alone or dead_node or short_of_time' tests/slurm)
endif

LAUNCHERS := openmpi-bin libopenmpi-dev gcc libc6-dev python3-dev
launchers:
	PACKAGES='$(LAUNCHERS)' tests/debian/run.sh $(or $(RELEASE),trixie) \
	  sh -c 'make env && .venv/bin/python tests/slurm/launchers.py /srv/docs/clusters.md'

# Of sid, without a release: the newest Python and Slurm.
test-in:
	PACKAGES='$(if $(COMPILER),gcc libc6-dev python3-dev)' tests/debian/run.sh $(or $(RELEASE),sid) \
	  sh -c 'make env && make quick && make test'

test-container:
	tests/container/run.sh

test-browser: env
	tests/browser/run.sh $(BIN)/python

test-readers: env
	tests/readers/run.sh $(BIN)/python $(READERS)

SEED ?= 1
MINUTES ?= 45

chaos: env
	$(BIN)/python tests/chaos --seed $(SEED) --minutes $(MINUTES) --faults 200 --output results/chaos/local.md

chaos-slurm: env
	tests/slurm/run.sh $(BIN)/python -- tests/chaos --slurm --seed $(SEED) --minutes $(MINUTES) \
	  --faults 40 --output results/chaos/slurm.md

check: env
	$(BIN)/ruff format --check benchmarks src scripts tests
	$(BIN)/ruff check benchmarks src scripts tests
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/mypy
	$(BIN)/python scripts/measure_prose.py
	$(BIN)/python scripts/lint_rules.py

schema: env
	$(BIN)/python scripts/write_schema.py workflow/schemas/config.schema.json

docs: env
	$(BIN)/python scripts/write_command_line.py docs/command-line.md
	$(BIN)/python scripts/write_columns.py docs/columns.md
	$(BIN)/python scripts/write_reference.py build/docs
	$(BIN)/jupyter-execute docs/first_sample.ipynb --output=../build/docs/first_sample.ipynb

bench: env
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(if $(AGAINST),--against '$(AGAINST)')
