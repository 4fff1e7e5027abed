# shellcheck shell=bash
# The programs of the stack: one line each. Everything else (supervision, ports, readiness, logs, status) follows.
# shellcheck disable=SC2034,SC2154

# service NAME MARKET PROGRAM [FLAG...]   MARKET: live, sim or any; PROGRAM: below the build folder.
# All get CW_BROKERS, CW_DATABASE_URL and CW_HEALTH_LISTEN in their environment.
list_services() {
    local name
    for name in "${exchanges[@]}"; do
        service "cw-sim.$name" sim tools/cw-sim --exchange "$name" --listen "127.0.0.1:$(service_port "sim.$name")" \
            --symbols "$sim_symbols" --rate "$sim_rate" --seed "$sim_seed" \
            --plant.every.ms 20000 --plant.ms 6000 --plant.bps 120 \
            ${SIM_LEDGER:+--ledger "$(readlink -m "$SIM_LEDGER").$name"}
    done
    for name in "${exchanges[@]}"; do
        # shellcheck disable=SC2086 # flags without spaces in them
        service "cw-producer.$name" any producers/cw-producer --exchange "$name" --instance 0 ${exchange_flags[$name]:-}
    done
    service cw-candles any processors/cw-candles --instance 0
    service cw-arbitrage any processors/cw-arbitrage --instance 0 --fees "$top/deploy/fees.json"
    service cw-tap.candles.1m any tools/cw-tap --mirror --topic candles.1m --instance 0
    service cw-tap.arbitrage any tools/cw-tap --mirror --topic arbitrage --instance 0
    service cw-postgres any sinks/cw-postgres --instance 0
    service cw-api any api/cw-api --listen "127.0.0.1:$(service_port api)"
}

# Ports that people see, with the first choice of each; health listeners get one each from 9200 on.
list_ports() {
    printf '%s\n' 'api 8080' 'sim.binance 8090' 'sim.kraken 8091' 'sim.okx 8092'
}

# service_port NAME: prints the port chosen for NAME.
service_port() { port_get "$var/$market/ports" "$1"; }
health_url() { printf 'http://127.0.0.1:%s' "$(service_port "health.$1")"; }

# read_services: fills services (names, in order) and service_command (quoted command of each name).
read_services() {
    services=()
    declare -gA service_command=()
    list_services
}

service() {
    local name=$1 market_of=$2 program=$build/$3
    shift 3
    [[ $market_of == any || $market_of == "$market" ]] || return 0
    [[ -x $program ]] || die "$program is missing: run \`make build\`"
    services+=("$name")
    service_command[$name]=$(printf '%q ' "$program" "$@")
}

# define_services: chooses the ports and reads the table. For programs that do not run.
define_services() {
    local name first next=9200 file=$var/$market/ports
    while read -r name first; do port_choose "$file" "$name" "$first"; done < <(list_ports)
    [[ $market == live ]] || use_simulators
    read_services
    for name in "${services[@]}"; do port_choose "$file" "health.$name" $((next++)); done
}
