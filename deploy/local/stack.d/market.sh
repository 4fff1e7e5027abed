# shellcheck shell=bash
# Which market: live or simulated, and what the producers need to know of it.
# Sets: market (live, sim), market_text (for people), exchange_flags (by exchange, flags of its producer), silent (the
# exchanges that do not answer, by name, and why).
# shellcheck disable=SC2034,SC2154

exchanges=(binance kraken okx)

# answers URL: a GET within 5 s; sets why_not.
answers() {
    local said
    if said=$(curl -sS --fail -o /dev/null --max-time 5 "$1" 2>&1); then
        return 0
    fi
    why_not=${said##*curl: }
    why_not=${why_not:-no answer}
    return 1
}

# find_exchange NAME: whether it answers from here. Binance serves its public data from a second address too, from
# countries where the first one refuses.
find_exchange() {
    case $1 in
    binance)
        answers https://api.binance.com/api/v3/ping && return
        answers https://data-api.binance.vision/api/v3/ping || return 1
        exchange_flags[binance]='--exchange.binance.rest.url https://data-api.binance.vision
            --exchange.binance.ws.url wss://data-stream.binance.vision'
        ;;
    kraken) answers https://api.kraken.com/0/public/Time ;;
    okx) answers https://www.okx.com/api/v5/public/time ;;
    esac
}

# Live if at least one exchange answers. The others' producers are started all the same, and go on trying.
find_exchanges() {
    local name
    for name in "${exchanges[@]}"; do find_exchange "$name" || silent[$name]=$why_not; done
    ((${#silent[@]} < ${#exchanges[@]}))
}

# silence: prints who does not answer: "kraken: (6) Could not resolve host; okx: ...".
silence() {
    local name text=
    for name in "${exchanges[@]}"; do
        [[ -z ${silent[$name]:-} ]] || text+="${text:+; }$name: ${silent[$name]}"
    done
    printf '%s' "$text"
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
    local running name
    declare -gA exchange_flags=() silent=()
    read_simulation
    running=$(running_market)
    if [[ -n $running ]]; then
        market=$running
        [[ ${SIM:-0} != 1 || $market == sim ]] || die "the live market runs: \`make down\` first"
        market_text=$(<"$var/$market/market")
        while read -r name; do silent[$name]='as at the start'; done <"$var/$market/silent"
        return
    fi
    market=live
    market_text="live market: ${exchanges[*]}"
    if [[ ${SIM:-0} == 1 ]]; then
        market=sim
    elif ! find_exchanges; then
        market=sim
        warn "no exchange answers from here, so the market is simulated ($(silence))"
        silent=()
    elif ((${#silent[@]})); then
        warn "not all exchanges answer from here; they are tried again and again ($(silence))"
    fi
    [[ $market == live ]] || market_text="simulated market: ${exchanges[*]}, each with $sim_symbols symbols and \
$sim_rate trades/s, seed $sim_seed"
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

# use_simulators: producers talk to the simulators instead of the exchanges.
use_simulators() {
    local name address
    for name in "${exchanges[@]}"; do
        address=127.0.0.1:$(service_port "sim.$name")
        exchange_flags[$name]="--symbols all --exchange.$name.rest.url http://$address"
    done
    address=127.0.0.1:$(service_port sim.okx)/ws/v5
    exchange_flags[binance]+=" --exchange.binance.ws.url ws://127.0.0.1:$(service_port sim.binance)"
    exchange_flags[kraken]+=" --exchange.kraken.ws.url ws://127.0.0.1:$(service_port sim.kraken)/v2"
    exchange_flags[okx]+=" --exchange.okx.business.url ws://$address/business --exchange.okx.public.url ws://$address/public"
}
