#!/usr/bin/env bash
# run.sh [PYTEST ARGUMENT...]   all tests: the unit tests, then the integration tests in two lanes, each against a Kafka
# and a PostgreSQL of its own (var/test-*): most of a test's time is waiting. The last line is "N passed, N failed"; the
# exit code is 0 only if nothing failed. `make test` builds first. Arguments choose integration tests:
# tests/run.sh -k postgres; -n 0 runs them in one lane.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
results=build/test-results
rm -rf "$results"
mkdir -p "$results"

unit=0
meson test -C build --no-rebuild --suite unit --print-errorlogs || unit=$?
cp build/meson-logs/testlog.junit.xml "$results/unit.xml" 2>/dev/null || true

integration=0
.cache/venv/bin/pytest -c tests/pytest.ini -n 2 --dist loadfile --junit-xml="$results/integration.xml" "$@" tests/integration ||
    integration=$?

echo
exec .cache/venv/bin/python tests/totals.py "unit:$unit:$results/unit.xml" \
    "integration:$integration:$results/integration.xml"
