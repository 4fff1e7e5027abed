# shellcheck shell=bash
# What every script below deploy/local needs: where things are, how to speak, how to wait.
#
#   . "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
#   wait_until 30 port_answers 9092 || die "nothing listens on port 9092"
#
# Sourced, never run. Sets top (the source tree) and cache (what set-up downloads; `make reset` keeps it).
# shellcheck disable=SC2034 # for those who source this file

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd -P)
cache=$top/.cache
export LC_ALL=C.UTF-8

say() { printf '%s\n' "$*"; }
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
    warn "$@"
    exit 1
}
usage_error() {
    warn "$@"
    exit 2
}

# wait_until SECONDS COMMAND...: runs COMMAND until it succeeds; 1 when SECONDS have passed.
# The pause between two tries is no substitute for the condition: it only keeps the CPU free.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

# port_answers PORT: true if something accepts connections on 127.0.0.1:PORT.
port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# take_lock FILE: one holder at a time; waits for the other one, then goes on. The lock is descriptor 9 and ends with
# this script: process_start closes it in what is left running.
take_lock() {
    exec 9>"$1"
    flock --nonblock 9 && return
    warn "another command is at work in ${1%/*}: waiting for it to finish"
    flock --timeout 180 9 || die "it did not finish within 180 s"
}

# check_number NAME VALUE MIN MAX: ends with a usage error unless VALUE is a whole number within bounds.
check_number() {
    [[ $2 =~ ^[0-9]{1,9}$ ]] && ((10#$2 >= $3 && 10#$2 <= $4)) && return
    usage_error "$1 must be a whole number from $3 to $4, not \"$2\""
}
