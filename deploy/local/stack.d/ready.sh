# shellcheck shell=bash
# Waiting until programs are ready, and saying clearly which one is not and why.
# shellcheck disable=SC2154

ready_s=60
starts_max=5 # a program that had to be started so often while we wait will not get well by itself

# ready_answer NAME: sets ready_code (000: no answer) and ready_body from the program's /readyz.
ready_answer() {
    local answer
    answer=$(curl -s --max-time 2 -w '\n%{http_code}' "$(health_url "$1")/readyz" || true)
    ready_code=${answer##*$'\n'}
    ready_body=${answer%$'\n'*}
}

is_ready() {
    ready_answer "$1"
    [[ $ready_code == 200 ]]
}

# ready_reason: what /readyz said, as one line: "kafka: no broker answers".
ready_reason() {
    if [[ $ready_code == 000 ]]; then
        printf 'it does not run or does not answer'
        return
    fi
    jq -r '.waiting | to_entries | map("\(.key): \(.value)") | join("; ")' <<<"$ready_body" 2>/dev/null ||
        printf 'it answers %s' "$ready_code"
}

# await_service NAME DEADLINE: 1 when DEADLINE (of SECONDS) has passed, or earlier if NAME dies again and again.
await_service() {
    local name=$1 pid last=0 starts=0
    until is_ready "$name"; do
        if pid=$(process_pid "$(service_pidfile "$name")") && ((pid != last)); then
            last=$pid
            ((++starts <= starts_max)) || return 1
        fi
        ((SECONDS < $2)) || return 1
        sleep 0.2
    done
}

await_services() {
    local name deadline=$((SECONDS + ready_s))
    for name in "${services[@]}"; do
        [[ -z ${silent[${name#cw-producer.}]:-} ]] || continue # its exchange does not answer; it goes on trying
        await_service "$name" "$deadline" && continue
        warn "$name is not ready: $(ready_reason)"
        say "The end of its log ($(service_log "$name")):" >&2
        tail -n 10 "$(service_log "$name")" >&2 || true
        return 1
    done
}
