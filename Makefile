# make help lists the targets. Needs Python 3.11 to 3.13, npm and make; everything else is set up here.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BUILD ?= cpu# cpu or gpu: which build of ONNX Runtime is installed
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.$(BUILD).ready
DEV := $(VENV)/.$(BUILD).dev.ready
PYTEST_ARGS ?=
RELEASED := $(shell ls protos/releases/*.binpb | sort -V | tail -1)# the contract that nothing may break
CONSOLE ?= true# false: neither build nor serve the web console
CONSOLE_BUILT := console/dist/.ready
CONSOLE_DEV := console/node_modules/.dev.ready
TYPESCRIPT := clients/typescript/dist/.ready
CONSOLE_SOURCES := $(shell find console -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/src/gen/*') gateway/facesvc.pb
PAGES := $(if $(filter-out false 0 no off,$(CONSOLE)),$(CONSOLE_BUILT))
export ORT_DISABLE_TELEMETRY := 1# ONNX Runtime reports to Microsoft otherwise; facesvc sets it, too

.PHONY: help setup run console demo test check docs check-console format lint types imports buf proto proto-check openapi proto-go check-go test-go bench bench-quick reliability screenshots models all-models samples lock lock-check package clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(DEV) all-models samples $(PAGES) ## Set up everything that run and test need

run: $(RUNTIME) models $(PAGES) ## Run the service: gRPC on GRPC_PORT (50051), REST and the web console on PORT (8000)
	@exec $(BIN)/python -m gateway.run

console: $(CONSOLE_BUILT) ## Build the web console and the API page

demo: $(RUNTIME) models samples ## Enrol the sample photos on a server of its own, then ask it everything
	@$(BIN)/python scripts/demo.py

test: $(DEV) all-models samples $(CONSOLE_BUILT) $(CONSOLE_DEV) $(TYPESCRIPT) ## Run the tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

check: lint types imports buf proto-check check-console docs ## Lint, types, import rules, contract, documentation

docs: $(DEV) ## Build the documentation's site into build/site and check every link
	$(BIN)/python scripts/build_docs.py

check-console: $(CONSOLE_DEV)
	scripts/build_console.sh $(BIN)/python check

format: $(DEV) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(DEV)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(DEV)
	$(BIN)/mypy

imports: $(DEV)
	$(BIN)/lint-imports

buf: $(DEV)
	$(BIN)/python scripts/generate_stubs.py --lint-image build/facesvc.binpb
	$(BIN)/buf lint build/facesvc.binpb --config buf.yaml --path facesvc/v1
	$(BIN)/buf breaking build/facesvc.binpb --config buf.yaml --path facesvc/v1 --against $(RELEASED)

proto: $(DEV) ## Generate the stubs, Envoy's descriptor sets, OpenAPI and the docs' tables from protos/
	$(BIN)/python scripts/generate_stubs.py
	$(BIN)/python scripts/generate_openapi.py
	$(BIN)/python scripts/generate_docs.py

proto-check: $(DEV)
	$(BIN)/python scripts/generate_stubs.py --check
	$(BIN)/python scripts/generate_openapi.py --check
	$(BIN)/python scripts/generate_docs.py --check

openapi: $(DEV) ## Generate gateway/openapi.yaml from protos/
	$(BIN)/python scripts/generate_openapi.py

proto-go: $(DEV) ## Generate the Go client's stubs from protos/; needs Go
	$(BIN)/python scripts/generate_go.py

check-go: $(DEV)
	$(BIN)/python scripts/generate_go.py --check
	cd clients/go && go vet ./... && test -z "$$(gofmt -l .)"

test-go: $(DEV) models samples ## Test the Go client against a running service; needs Go
	$(BIN)/python scripts/with_service.py sh -c 'cd clients/go && go test -count=1 ./...'

bench: $(DEV) all-models samples ## Measure everything into docs/performance.md; some 20 minutes on a quiet machine
	$(BIN)/python -m benchmarks.speed

bench-quick: $(DEV) all-models samples
	$(BIN)/python -m benchmarks.speed --quick

reliability: $(DEV) all-models samples ## Run every fault test in full and write docs/reliability.md
	$(BIN)/python -m tests.faults.report --run

models: $(RUNTIME) ## Build the model packs in PACKS (open; compact, compact-single)
	@$(BIN)/python -m facesvc.models_build build $(PACKS)

# The tests and benchmarks compare the packs.
all-models: PACKS = open compact compact-single
all-models: models

screenshots: $(DEV) models samples $(CONSOLE_BUILT) $(CONSOLE_DEV) ## Make the documentation's pictures anew; needs Chromium
	SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/console tests/examples/test_notebook.py -q

lock: $(DEV) ## Write requirements/*.lock anew; LOCK_ARGS=--upgrade takes newer versions
	scripts/lock.sh $(BIN)/python $(LOCK_ARGS)

lock-check: $(DEV) ## Check that the locks can be installed for every Python, kind of machine and npm
	$(BIN)/python scripts/check_locks.py
	scripts/check_npm_locks.sh $(BIN)/python

samples: $(RUNTIME) ## Fetch the sample photos
	@$(BIN)/python scripts/fetch_samples.py

package: $(DEV) $(PAGES) ## Build what can be published into dist/: wheels and the protos
	$(BIN)/python scripts/package.py

clean: ## Remove what set-up made, but not the gallery
	rm -rf $(VENV) build models .cache console/dist console/node_modules console/src/gen clients/typescript/dist clients/typescript/node_modules

# A stamp is written only after its step has finished, so an interrupted set-up is repeated.
$(RUNTIME): requirements/$(BUILD).lock
	@scripts/make_venv.sh "$(PYTHON)" $(VENV) $(BUILD)
	@touch $@

$(DEV): $(RUNTIME) requirements/dev.lock requirements/openvino.lock requirements/otel.lock requirements/docs.lock requirements/examples.lock
	@scripts/install_locked.sh $(VENV) requirements/dev.lock
	@scripts/install_locked.sh $(VENV) requirements/openvino.lock
	@scripts/install_locked.sh $(VENV) requirements/otel.lock
	@scripts/install_locked.sh $(VENV) requirements/docs.lock
	@scripts/install_locked.sh $(VENV) requirements/examples.lock
	@touch $@

$(CONSOLE_BUILT): $(RUNTIME) $(CONSOLE_SOURCES)
	@scripts/build_console.sh $(BIN)/python build
	@touch $@

$(TYPESCRIPT): $(RUNTIME) $(shell find clients/typescript/src clients/typescript/examples -name '*.ts' -not -path '*/gen/*') clients/typescript/package-lock.json gateway/facesvc.pb
	@scripts/build_typescript.sh $(BIN)/python
	@touch $@

$(CONSOLE_DEV): $(RUNTIME) console/package-lock.json
	@scripts/build_console.sh $(BIN)/python tools
	@touch $@
