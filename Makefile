.DEFAULT_GOAL := help
.PHONY: help setup run test check format generate build bench soak chaos conformance differential fuzz screenshots lock clean real-apiserver go-client kill-test fuzz-cluster lighthouse
PORTAL := apps/portal
CLIENT := $(PORTAL)/client
BUILT := $(CLIENT)/dist/index.html
export PORT ?= 8000
export CLUSTERS ?= 1

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: ## Install what the project needs (.venv, node_modules); quick when nothing changed
	@scripts/setup

run: setup $(BUILT) ## Serve the reference portal with its dev cluster at http://127.0.0.1:8000 (PORT=..., CLUSTERS=2)
	@scripts/run

test: ## Set up and run all tests: Python, TypeScript, headless Chromium
	@scripts/setup --browser
	@$(MAKE) --no-print-directory build
	@scripts/test

check: setup ## Lint, format, types (mypy, pyright, tsc), generated files up to date
	@scripts/check

format: setup ## Format everything
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .
	@npx biome check --write --log-level=error .

generate: setup ## Write the portal's classes from its CRDs, and its shared package from its Python code
	@scripts/generate

build: setup $(BUILT) ## Build the portal's client

SOURCES := $(shell find $(CLIENT)/src $(CLIENT)/public $(CLIENT)/index.html $(CLIENT)/vite.config.ts $(CLIENT)/startScript.ts packages/react/src $(PORTAL)/shared -type f -not -path '*/node_modules/*' 2>/dev/null)
$(BUILT): $(SOURCES) package-lock.json
	@printf '\033[36m==>\033[0m Building the portal client\n'
	@npm run --silent build -w $(CLIENT) -- --logLevel warn && touch $@

bench: setup ## Benchmarks side by side with peers (long)
	@bench/run

fuzz: setup ## Coverage-guided fuzzing of the wire layer (EXECUTIONS=200000)
	@bench/fuzz/run.sh $(EXECUTIONS)

differential: setup ## Random requests to tRPC's own server and to ours on two servers, answers compared (CASES=20000, SEED=0)
	@for server in uvicorn granian; do \
	  .venv/bin/python -m tests.conformance.compare --server $$server --cases $(or $(CASES),20000) --first-seed $(or $(SEED),0) -v || exit 1; \
	done

conformance: setup ## The tRPC conformance kit on two ASGI servers
	@tests/conformance/run.sh

SEEDS ?= 100
soak: setup ## 10,000 idle subscribers on one process for 10 minutes: is memory flat? (MINUTES=...)
	@bench/fanout/run.sh soak --minutes $(or $(MINUTES),10)

chaos: setup ## Random faults under every kind of subscriber (SEEDS=100, CHAOS_FIRST_SEED=1)
	@CHAOS_SEEDS=$(SEEDS) CHAOS_STALL=$${CHAOS_STALL:-5} scripts/test tests/kube/test_chaos.py -q -x

screenshots: setup ## Take docs/screenshots of the portal that runs at PORT
	@node scripts/screenshots.mjs

real-apiserver: setup ## The dev cluster's forty checks against a real kube-apiserver (needs Go; PORTAL=1: the portal on it; BENCH=1 measures, COMPARE=500 compares)
	@tests/realcluster/run.sh

go-client: setup ## client-go's informer and leader election against the dev cluster (needs Go)
	@tests/goclient/run.sh

kill-test: setup ## Kill the dev cluster under load KILLS=200 times: nothing acknowledged is lost
	@FAIRLEAD_KILLS=$(or $(KILLS),200) scripts/test tests/devcluster/test_cluster.py -k sudden_death

fuzz-cluster: setup ## Fuzz the dev cluster's HTTP surface with schemathesis (EXAMPLES=100)
	@FAIRLEAD_FUZZ=$(or $(EXAMPLES),100) scripts/test tests/devcluster/test_openapi_fuzz.py

lighthouse: setup ## Lighthouse on the portal's main pages, signed in (PRESET=mobile)
	@bench/run lighthouse --check --preset $(or $(PRESET),desktop)

lock: ## Renew requirements.lock and package-lock.json
	@scripts/lock

clean: ## Remove what was built and the dev cluster's data
	@rm -rf $(CLIENT)/dist .fairlead .mypy_cache .ruff_cache .pytest_cache
