# shellcheck shell=bash
# The live status: rates, lag, feeds, the best pairs and the last candles, once a second in place on a terminal, a line per 10 s elsewhere.
# It reads the programs' /metrics and REST; a Kafka tool would cost a second of CPU each time.
# shellcheck disable=SC2154

live_symbols=5 # as many symbols as the screen shows candles of
live_pairs=5   # as many pairs as it shows the edge of

# What is shown as a rate: WHAT, tab, SERVICE (or the beginning of its name), tab, METRIC, with all its labels where only
# one of its series is meant. {LABEL} in WHAT stands for that label of the metric.
list_rates() {
    printf '%s\t%s\t%s\n' \
        'trades {exchange}' cw-producer candlewick_trades_written_total \
        'quotes {exchange}' cw-producer candlewick_quotes_written_total \
        'topic candles.1m' cw-candles 'candlewick_records_produced_total{topic="candles.1m"}' \
        'topic arbitrage' cw-arbitrage 'candlewick_records_produced_total{topic="arbitrage"}' \
        'table {table}' cw-postgres candlewick_rows_written_total
}

stack_live() {
    local interval=10 drawn=0
    declare -gA now=() before=()
    [[ ! -t 1 ]] || interval=1
    market=$(running_market)
    [[ -n $market ]] || die "nothing runs"
    load_services
    while process_alive "$(supervisor_pidfile "$market")"; do
        take_sample
        if [[ -t 1 ]]; then print_screen; else print_line; fi
        sleep "$interval"
    done
    say "It was stopped from elsewhere."
}

# take_sample: sets now from all programs, before from the last time, and elapsed_ms between the two.
# Keys: "rate:WHAT" and "lag:SERVICE" (the sum of candlewick_consumer_lag_records).
take_sample() {
    local key value
    before=()
    for key in "${!now[@]}"; do before[$key]=${now[$key]}; done
    now=([time]=$(date +%s%3N))
    while IFS=$'\t' read -r key value; do now[$key]=$value; done < <(
        for service in "${services[@]}"; do
            curl -s --max-time 2 "$(health_url "$service")/metrics" | condense "$service" || true
        done
    )
    elapsed_ms=$((${before[time]:+now[time] - before[time]}))
}

# condense SERVICE: from its metrics, lines "KEY, tab, value".
condense() {
    awk -v service="$1" '
        BEGIN { FS = "\t" }
        NR == FNR { if (index(service, $2) == 1) what["rate:" $1] = $3; next }
        /^#/ { next }
        {
            value = $0
            sub(/.* /, "", value)
            series = metric = $0
            sub(/ [^ ]*$/, "", series)
            sub(/[{ ].*/, "", metric)
            if (metric == "candlewick_consumer_lag_records") sum["lag:" service] += value
            for (key in what) {
                if (what[key] != metric && what[key] != series) continue
                shown = key
                if (match(key, /{[a-z]+}/)) {
                    label = substr(key, RSTART + 1, RLENGTH - 2)
                    if (match($0, label "=\"[^\"]*\""))
                        sub(/{[a-z]+}/, substr($0, RSTART + length(label) + 2, RLENGTH - length(label) - 3), shown)
                }
                sum[shown] += value
            }
        }
        END { for (key in sum) printf "%s\t%.0f\n", key, sum[key] }' <(list_rates) -
}

# rate KEY: sets rate to what was added per second, in tenths as text: "200.3".
rate() {
    local tenths=0
    [[ -z ${before[$1]:-} || $elapsed_ms -le 0 ]] || tenths=$(((now[$1] - before[$1]) * 10000 / elapsed_ms))
    ((tenths >= 0)) || tenths=0 # the program was restarted
    rate=$((tenths / 10)).$((tenths % 10))
}

# keys_of KIND: the keys "KIND:..."; of the rates those of topics first.
keys_of() { printf '%s\n' "${!now[@]}" | grep "^$1:" | sort -r || true; }

# last_candles: the open candle of the symbols with most trades: exchange, symbol, time, open, high, low, close, volume, trades.
last_candles() {
    local api symbols
    api=http://127.0.0.1:$(service_port api)
    symbols=$(curl -s --max-time 2 "$api/v1/symbols" | jq -r --argjson n "$live_symbols" \
        '.symbols | sort_by(-.trades)[:$n][] | "\(.exchange)/\(.symbol)"' 2>/dev/null) || true
    [[ -n $symbols ]] || return 0
    while read -r name; do
        curl -s --max-time 2 "$api/v1/candles/$name?interval=1m&limit=1" |
            jq -r '.candles[-1] | [.exchange, .symbol, .open_time[11:16], .open, .high, .low, .close, .volume, .trades,
                   .status] | map(. // "-") | @tsv' 2>/dev/null || true
    done <<<"$symbols"
}

# feeds: exchange, state, age of its newest tick in seconds, symbols; and what is written of it per second.
feeds() {
    local name state age symbols trades
    while IFS=$'\t' read -r name state age symbols; do
        rate "rate:trades $name"
        trades=$rate
        rate "rate:quotes $name"
        printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$state" "$age" "$symbols" "$trades" "$rate"
    done < <(curl -s --max-time 2 "http://127.0.0.1:$(service_port api)/v1/exchanges" |
        jq -r '.exchanges[] | [.exchange, .state, (.age_us | if . then . / 100000 | floor / 10 else "-" end), .symbols]
               | @tsv' 2>/dev/null || true)
}

# best_pairs: the pairs with the largest edge after fees: symbol, where to buy, where to sell, gross, net, state, why
# there is no opportunity.
best_pairs() {
    local api state
    api=http://127.0.0.1:$(service_port api)
    for state in open watching; do
        curl -s --max-time 2 "$api/v1/arbitrage?state=$state&limit=1000" || true
    done | jq -rs --argjson n "$live_pairs" '
        def bps: tonumber * 10 | round / 10;
        [.[].opportunities[]? | select(.net_bps)] | group_by(.legs[0].symbol) | map(max_by(.net_bps | tonumber))
        | sort_by(-(.net_bps | tonumber))[:$n][]
        | [.legs[0].symbol, .legs[0].exchange, .legs[1].exchange, (.gross_bps | bps), (.net_bps | bps), .state,
           .reason // "-"] | @tsv' 2>/dev/null || true
}

screen_text() {
    local key
    printf '%-12s %-8s %8s %8s %12s %12s\n' feed state 'age, s' symbols trades/s quotes/s
    feeds | awk -F'\t' '{ printf "%-12s %-8s %8s %8s %12s %12s\n", $1, $2, $3, $4, $5, $6 }'
    printf '\n%-24s %12s %16s\n' written 'per second' 'since start'
    while read -r key; do
        rate "$key"
        printf '%-24s %12s %16s\n' "${key#rate:}" "$rate" "${now[$key]}"
    done < <(keys_of rate | grep -v '^rate:\(trades\|quotes\) ')
    printf '\n%-24s %12s\n' lag records
    while read -r key; do
        printf '%-24s %12s\n' "${key#lag:}" "${now[$key]}"
    done < <(keys_of lag)
    printf '\n%-14s %-10s %-10s %10s %10s  %-10s %s\n' 'best edge' 'buy on' 'sell on' 'gross, bps' 'net, bps' state reason
    best_pairs | awk -F'\t' '{ printf "%-14s %-10s %-10s %10s %10s  %-10s %s\n", $1, $2, $3, $4, $5, $6, $7 }'
    printf '\n%-8s %-11s %5s %11s %11s %11s %11s %14s %7s  %s\n' \
        candle 1m UTC open high low close volume trades status
    last_candles | awk -F'\t' '{ printf "%-8s %-11s %5s %11s %11s %11s %11s %14s %7s  %s\n",
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10 }'
}

# print_screen: writes over what it wrote the last time. Lines and columns beyond the terminal are cut, since wrapped
# or scrolled ones could not be found again.
print_screen() {
    local text end rows=0 columns=0
    read -r rows columns < <(stty size 2>/dev/null || true) || true
    ((rows > 0 && columns > 0)) || rows=24 columns=80
    end=$(printf '\n%s\n' "$(not_ready_services | grep . || echo 'All programs are ready.') Ctrl-C stops everything.")
    rows=$((rows - 1 - $(wc -l <<<"$end")))
    text=$({ screen_text | awk -v rows="$rows" 'NR <= rows'; printf '%s\n' "$end"; } |
        cut -c "1-$columns" | sed 's/$/\x1b[K/')
    ((drawn == 0)) || printf '\e[%dA' "$drawn"
    printf '%s\n\e[J' "$text"
    drawn=$(wc -l <<<"$text")
}

not_ready_services() {
    local name
    for name in "${services[@]}"; do
        is_ready "$name" || printf '%s: %s\n' "$name" "$(ready_reason)"
    done
}

print_line() {
    local key line state candle
    line=$(date -u +%H:%M:%SZ)
    while read -r key; do
        rate "$key"
        key=${key#rate:}
        key=${key#topic }
        line+=" ${key/ /.}=$rate/s"
    done < <(keys_of rate)
    while read -r key; do
        line+=" lag.${key#lag:}=${now[$key]}"
    done < <(keys_of lag)
    candle=$(last_candles | awk -F'\t' 'NR == 1 { printf "%s %s %s close=%s trades=%s %s", $1, $2, $3, $7, $9, $10 }')
    state=$(not_ready_services | tr '\n' ';')
    say "$line${candle:+ | $candle}${state:+ | not ready: $state}"
}
