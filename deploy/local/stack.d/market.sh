# shellcheck shell=bash
# Which market: live or simulated, and what the producers need to know of it.
# Sets: market (live, sim), market_text (for people), binance_flags.
# shellcheck disable=SC2034,SC2154

# exchange_answers EXCHANGE URL: a GET within 5 s. Collects the reasons why not in no_exchange.
exchange_answers() {
    local said
    if said=$(curl -sS --fail -o /dev/null --max-time 5 "$2" 2>&1); then
        return 0
    fi
    no_exchange+="${no_exchange:+; }$1: ${said##*curl: }"
    return 1
}

# Live if an exchange answers here. Binance serves its public data from a second address too, from countries where the
# first one refuses.
find_exchanges() {
    binance_flags=()
    no_exchange=
    exchange_answers api.binance.com https://api.binance.com/api/v3/ping && return
    exchange_answers data-api.binance.vision https://data-api.binance.vision/api/v3/ping || return 1
    binance_flags=(--exchange.binance.rest.url https://data-api.binance.vision
        --exchange.binance.ws.url wss://data-stream.binance.vision)
}

read_simulation() {
    sim_symbols=${SIM_SYMBOLS:-20}
    sim_rate=${SIM_RATE:-200}
    sim_seed=${SIM_SEED:-1}
    check_number SIM_SYMBOLS "$sim_symbols" 1 10000
    check_number SIM_RATE "$sim_rate" 1 1000000
    check_number SIM_SEED "$sim_seed" 0 999999999
}

# choose_market: what already runs decides; then SIM=1; then whether an exchange answers.
choose_market() {
    local running
    read_simulation
    running=$(running_market)
    if [[ -n $running ]]; then
        market=$running
        [[ ${SIM:-0} != 1 || $market == sim ]] || die "the live market runs: \`make down\` first"
        market_text=$(<"$var/$market/market")
        return
    fi
    market=live
    market_text='live market: Binance'
    if [[ ${SIM:-0} == 1 ]]; then
        market=sim
    elif ! find_exchanges; then
        market=sim
        warn "no exchange answers from here, so the market is simulated ($no_exchange)"
    fi
    [[ $market == live ]] ||
        market_text="simulated market: $sim_symbols symbols, $sim_rate trades/s, seed $sim_seed"
}

# running_market: prints the market whose programs run, or nothing.
running_market() {
    local name
    for name in live sim; do
        if process_alive "$var/$name/supervisor.pid"; then
            printf '%s\n' "$name"
            return
        fi
    done
}

# use_simulator: producers talk to the simulator instead of the exchange.
use_simulator() {
    local address
    address=127.0.0.1:$(service_port sim)
    binance_flags=(--exchange.binance.rest.url "http://$address" --exchange.binance.ws.url "ws://$address"
        --symbols all)
}
