#!/usr/bin/env bash
# setup.sh   installs what Candlewick needs to build, run and test on Debian 12, and nothing that is there already.
#
# Debian packages go where Debian puts them, with sudo if you are not root; no service is started or configured.
# Kafka's jars and the Python packages of the tests go to .cache/ in this tree. Each of the three steps says what it
# will do before it does it; with nothing to do, the script says nothing and takes a fraction of a second.
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/lib/common.sh"
. "$here/lib/java.sh"

log=$cache/setup.log
pom=$here/kafka/pom.xml
requirements=$top/tests/requirements.txt
killed=/etc/postgresql-common/createcluster.d/candlewick.conf # see install-packages.sh

# What is needed, by purpose.
packages=(
    gcc libc6-dev clang meson ninja-build pkg-config                # building
    clang-format clang-tidy cppcheck shellcheck                     # make lint
    librdkafka-dev libwebsockets-dev libavro-dev libpq-dev          # libraries
    libulfius-dev libcurl4-gnutls-dev libjansson-dev libssl-dev
    libcmocka-dev libclang-rt-14-dev python3 python3-venv man-db    # tests, fuzzing
    openssl                                                         # certificates of tests
    spin                                                            # the model
    postgresql-15 openjdk-17-jre-headless maven kcat                # the local PostgreSQL and Kafka
    runit procps util-linux curl jq ca-certificates                 # the local stack
)

# missing_packages: prints those of packages that are not installed, one per line.
missing_packages() {
    dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${packages[@]}" 2>/dev/null |
        awk '$2 == "installed" { print $1 }' | sort -u | comm -13 - <(printf '%s\n' "${packages[@]}" | sort -u)
}

# run_logged WHAT COMMAND...: runs COMMAND with its output in the log, which is shown if it fails.
run_logged() {
    local what=$1
    shift
    "$@" >>"$log" 2>&1 </dev/null && return
    tail -n 25 "$log" >&2
    die "$what failed; the whole log: $log"
}

install_packages() {
    local missing as_root=()
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]})) || [[ -e $killed ]] || return 0
    if ((EUID != 0)); then
        command -v sudo >/dev/null || die "not root and no sudo: install as root: ${missing[*]}"
        as_root=(sudo)
    fi
    say "Installing Debian packages${as_root[0]:+ with sudo}: ${missing[*]:-none, but tidying up after a killed set-up}"
    ((EUID == 0)) || sudo -v || die "sudo refused"
    run_logged 'installing Debian packages' \
        "${as_root[@]}" bash "$here/lib/install-packages.sh" "${missing[@]}"
}

# current STAMP VALUE: true if STAMP holds VALUE, that is if the step it stands for was finished for just this input.
current() { [[ -e $1 && $(<"$1") == "$2" ]]; }

install_kafka() {
    local wanted version java
    wanted=$(sha256sum <"$pom")
    ! current "$cache/kafka/stamp" "$wanted" || return 0
    version=$(sed -n 's/.*<kafka.version>\(.*\)<.*/\1/p' "$pom")
    java=$(java_home)
    say "Fetching Apache Kafka $version with Maven into .cache/kafka"
    rm -rf "$cache/kafka" "$cache/kafka.new"
    JAVA_HOME=$java run_logged 'fetching Kafka' mvn -B -ntp --strict-checksums -f "$pom" \
        dependency:copy-dependencies -DoutputDirectory="$cache/kafka.new/libs"
    printf '%s\n' "$wanted" >"$cache/kafka.new/stamp"
    mv "$cache/kafka.new" "$cache/kafka"
}

# A virtual environment knows its own path, so a tree that was moved gets a new one.
install_python() {
    local wanted
    wanted="$(sha256sum <"$requirements") $cache"
    ! current "$cache/venv/stamp" "$wanted" || return 0
    say "Installing the Python packages of the tests into .cache/venv"
    rm -rf "$cache/venv"
    run_logged 'making the Python environment' /usr/bin/python3 -m venv "$cache/venv"
    run_logged 'installing Python packages' "$cache/venv/bin/pip" --disable-pip-version-check install \
        --require-hashes --only-binary :all: -r "$requirements"
    printf '%s\n' "$wanted" >"$cache/venv/stamp"
}

command -v dpkg-query >/dev/null || die "set-up knows Debian 12; elsewhere, install: ${packages[*]}"
mkdir -p "$cache"
take_lock "$cache/lock"
install_packages
install_kafka
install_python
