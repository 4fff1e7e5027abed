# shellcheck shell=bash
# status and logs: what runs, where, whether it is ready; and what the programs say.
# shellcheck disable=SC2154

stack_status() {
    local name result=0
    market=$(running_market)
    if [[ -z $market ]]; then
        say "Candlewick does not run. (\`make up\` starts it.)"
        for market in live sim; do
            ! market_runs "$market" || say "Parts of the $market market do: \`make down\` stops them."
        done
        return 3
    fi
    say "Candlewick runs on the $(<"$var/$market/market")"
    "$here/kafka.sh" status "$var/$market/kafka" || result=3
    "$here/postgres.sh" status "$var/$market/postgres" || result=3
    load_services
    for name in "${services[@]}"; do print_service "$name" || result=3; done
    return "$result"
}

# print_service NAME: one line; 1 unless it is ready.
print_service() {
    local pid up
    pid=$(process_pid "$(service_pidfile "$1")") || pid=
    up=${pid:+$(ps -o etime= -p "$pid" | tr -d ' ')}
    if is_ready "$1"; then
        printf '%-20s ready, pid %s, up %s, %s/metrics\n' "$1:" "$pid" "$up" "$(health_url "$1")"
    else
        printf '%-20s not ready%s: %s\n' "$1:" "${pid:+, pid $pid, up $up}" "$(ready_reason)"
        return 1
    fi
}

stack_logs() {
    local name files=()
    market=$(running_market)
    [[ -n $market ]] || die "nothing runs; the logs of the last run are in $var/live/logs and $var/sim/logs"
    load_services
    for name in "${@:-${services[@]}}"; do
        [[ -e $(service_log "$name") ]] || die "no log of \"$name\"; there are: ${services[*]}"
        files+=("$(service_log "$name")")
    done
    exec tail -n 20 -F "${files[@]}"
}
