# shellcheck shell=bash
# down: nothing of either market runs afterwards, however it came to run. And reset, which deletes the data.
# shellcheck disable=SC2154

stack_down() {
    if [[ ! -d $var ]]; then
        say "Nothing was ever started here."
        return
    fi
    take_lock "$var/lock"
    take_down
}

# Programs first: they finish their last batch while the brokers still take it.
take_down() {
    local name stopped=0
    for name in live sim; do
        [[ -d $var/$name ]] || continue
        ! market_runs "$name" || stopped=1
        stop_supervisor "$name"
        "$here/kafka.sh" stop "$var/$name/kafka"
        "$here/postgres.sh" stop "$var/$name/postgres"
    done
    if ((stopped)); then say "Stopped."; else say "Nothing was running."; fi
}

# market_runs MARKET: true if anything of it runs.
market_runs() {
    local pidfile
    session_empty "$(supervisor_pidfile "$1")" || return 0
    for pidfile in "$var/$1"/kafka/*.pid "$var/$1"/postgres/*.pid; do
        ! process_alive "$pidfile" || return 0
    done
    return 1
}

stack_reset() {
    local name dir answer
    [[ -d $var ]] || return 0
    take_lock "$var/lock"
    for name in live sim; do
        ! market_runs "$name" || die "the $name market runs: \`make down\` first"
    done
    for dir in "$var"/test*/; do
        ! market_runs "$(basename "$dir")" || die "tests run"
    done
    read -r -p "Delete all trades, candles, tables and logs in $var ($(du -sh "$var" | cut -f1))? [y/N] " answer || true
    [[ ${answer:-} == [yY]* ]] || die "nothing was deleted"
    for dir in "$var"/*/; do "$here/postgres.sh" remove "${dir}postgres"; done
    rm -rf "$var"
}
