#!/usr/bin/env bash
# run.sh [PYTEST ARGUMENT...]   all tests: the unit tests, then the integration tests against a Kafka and a PostgreSQL
# of their own: those marked `alone`, which want the whole machine, one after the other, the rest in two lanes with a
# Kafka and a PostgreSQL each (var/test, var/test-*), since most of a test's time is waiting. The last line is "N passed, N
# failed"; the exit code is 0 only if nothing failed. `make test` builds first. Arguments choose integration tests:
# tests/run.sh -k postgres
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
results=build/test-results
rm -rf "$results"
mkdir -p "$results"
none_chosen=5 # pytest's exit code where no test fits

unit=0
meson test -C build --no-rebuild --suite unit --print-errorlogs || unit=$?
cp build/meson-logs/testlog.junit.xml "$results/unit.xml" 2>/dev/null || true

# integration NAME ARGUMENT...: sets code.
integration() {
    code=0
    .cache/venv/bin/pytest -c tests/pytest.ini --junit-xml="$results/$1.xml" "${@:2}" tests/integration || code=$?
    ((code != none_chosen || chosen == 0)) || code=0
}

chosen=$#
integration alone -m alone "$@"
alone=$code
integration lanes -m 'not alone' -n 2 --dist loadfile "$@"
lanes=$code

echo
exec .cache/venv/bin/python tests/totals.py "unit:$unit:$results/unit.xml" \
    "integration, alone:$alone:$results/alone.xml" "integration, in lanes:$lanes:$results/lanes.xml"
