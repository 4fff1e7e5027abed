# A facade: each target is a command or two that you could type. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup build build-chaos run up down status logs test docs lint asan bench soak faults kills chaos chaos-faults live-check clean reset

help: ## Show this help
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing: Debian packages, Kafka, Python packages of the tests
	@deploy/local/setup.sh

build: setup ## Build everything into build/
	@[ -e build/build.ninja ] || meson setup --buildtype=debugoptimized build
	@ninja -C build

# Programs with the failpoints of lib/failpoint.h, for tests.
build-chaos: setup
	@[ -e build-chaos/build.ninja ] || meson setup --buildtype=debugoptimized -Dfailpoints=true build-chaos
	@ninja -C build-chaos producers/cw-producer processors/cw-candles processors/cw-arbitrage sinks/cw-postgres

run: build ## Start everything, show what it does until Ctrl-C, stop everything (SIM=1: simulated market)
	@deploy/local/stack run

up: build ## Start everything in the background (SIM=1, SIM_SYMBOLS, SIM_RATE, SIM_SEED, BROKERS=3)
	@deploy/local/stack up

down: ## Stop everything that `make up` or `make run` started
	@deploy/local/stack down

status: ## Say what runs, where, and whether it is ready
	@deploy/local/stack status

logs: ## Follow the logs of all programs
	@deploy/local/stack logs

test: build build-chaos ## Run all tests, against a Kafka and a PostgreSQL of their own
	@tests/run.sh

docs: build ## Write the pages of docs/ that are made: CONFIGURATION.md, METRICS.md, TOPICS.md
	@ninja --quiet -C build docs

lint: build ## Check formatting and run clang-tidy, cppcheck and shellcheck
	@tests/lint.sh

asan: setup ## Run the unit tests under the address and undefined behaviour sanitizers
	@[ -e build-asan/build.ninja ] || meson setup -Db_sanitize=address,undefined -Db_lundef=false build-asan
	@meson test -C build-asan --suite unit --print-errorlogs

bench: build ## Measure, print the figures and write them to var/bench.json (ONLY="micro candles …")
	@.cache/venv/bin/python tests/bench/bench.py $(ONLY)

soak: build ## An hour of market: memory flat, disk, every candle checked (HOURS, RATE, SYMBOLS, SPEED)
	@.cache/venv/bin/python tests/soak/soak.py $(if $(HOURS),--hours $(HOURS)) $(if $(RATE),--rate $(RATE)) \
		$(if $(SYMBOLS),--symbols $(SYMBOLS)) $(if $(SPEED),--speed $(SPEED))

faults: build ## Every fault of the simulator against the producer, judged (SECONDS, EXCHANGES, FAULTS, SEED)
	@.cache/venv/bin/python tests/faults/faults.py $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) \
		$(if $(EXCHANGES),--exchanges $(EXCHANGES)) $(if $(FAULTS),--faults $(FAULTS))

kills: build ## Kill two producers of each exchange at random: no trade lost or twice (TRADES, KILLS, SEED, SHARDS, BROKERS=3, RATE)
	@.cache/venv/bin/python tests/kills/kills.py $(if $(TRADES),--trades $(TRADES)) $(if $(KILLS),--kills $(KILLS)) \
		$(if $(SEED),--seed $(SEED)) $(if $(SHARDS),--shards $(SHARDS)) $(if $(BROKERS),--brokers $(BROKERS)) \
		$(if $(RATE),--rate $(RATE))

chaos: build build-chaos ## Kill, freeze and cut everything while it works: nothing lost, nothing twice (SECONDS, SEED, RATE, SYMBOLS)
	@.cache/venv/bin/python tests/chaos/chaos.py $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) \
		$(if $(RATE),--rate $(RATE)) $(if $(SYMBOLS),--symbols $(SYMBOLS))

chaos-faults: build ## Build faults into the programs, one by one: the tests of chaos must find each (FAULTS="names")
	@.cache/venv/bin/python tests/chaos/planted.py $(FAULTS)

live-check: build ## Say of each real exchange whether it answers, subscribes and delivers (EXCHANGES="okx kraken")
	@tools/live_check.py $(EXCHANGES)

clean: ## Remove what was built
	@rm -rf build build-*

reset: ## Delete all data of the local stack, after asking
	@deploy/local/stack reset
