# shellcheck shell=bash
# up: from nothing, or from whatever already runs, to a stack that is ready.
# shellcheck disable=SC2154

prepare_s=60 # topics and tables are made in one; a broker that does not answer would be waited for without end

stack_up() {
    bring_up
    print_places
}

# bring_up: the work of `up`; whatever fails ends the script.
bring_up() {
    local name
    mkdir -p "$var"
    take_lock "$var/lock"
    choose_market
    say "Starting Candlewick: $market_text"
    mkdir -p "$var/$market"
    printf '%s\n' "$market_text" >"$var/$market/market"
    for name in "${!silent[@]}"; do printf '%s\n' "$name"; done >"$var/$market/silent"
    if process_alive "$(supervisor_pidfile "$market")"; then
        load_services
        start_stores
        same_addresses || die "Kafka or PostgreSQL has another port than before: \`make down\` first"
        start_stopped_services
    else
        stop_supervisor "$market" # what a killed one left
        define_services
        start_stores
        prepare_stores
        write_env
        start_supervisor
    fi
    await_services || die "\`make logs\` shows more, \`make down\` stops what runs"
    exec 9>&- # the lock
}

start_stores() {
    "$here/kafka.sh" start "$var/$market/kafka"
    brokers=$("$here/kafka.sh" brokers "$var/$market/kafka")
    "$here/postgres.sh" start "$var/$market/postgres"
    database_url=$("$here/postgres.sh" url "$var/$market/postgres")
}

# Both programs change nothing that is already as it should be.
prepare_stores() {
    local copies
    copies=$(tr ',' '\n' <<<"$brokers" | wc -l)
    prepare "$build/tools/cw-topics" create --brokers "$brokers" --replication "$copies" \
        --file "$top/deploy/topics.json"
    CW_DATABASE_URL=$database_url prepare "$build/sinks/cw-migrate" up --dir "$top/sinks/postgres/migrations"
}

prepare() { timeout --foreground "$prepare_s" "$@" || die "${1##*/} failed: not all topics and tables are there"; }

# load_services: the names of the services that the running supervisor keeps.
load_services() {
    services=()
    local dir
    for dir in "$var/$market/services"/*/; do services+=("$(basename "$dir")"); done
}

start_stopped_services() {
    local name
    for name in "${services[@]}"; do
        sv up "$(service_dir "$name")" >/dev/null || die "the supervisor does not answer for $name: \`make down\` first"
    done
}

# same_addresses: true if the running programs were started with the addresses that the stores have now.
same_addresses() {
    grep -qxF "export CW_BROKERS=$brokers" "$var/env" && grep -qxF "export CW_DATABASE_URL=$database_url" "$var/env"
}

# What people and scripts need to reach the stack. It holds the password of the database.
write_env() {
    local name url
    (
        umask 077
        cat >"$var/env.new" <<ENV
export CW_BROKERS=$brokers
export CW_DATABASE_URL=$database_url
export CW_API_URL=http://127.0.0.1:$(service_port api)
ENV
        for name in "${exchanges[@]}"; do
            url=
            [[ $market == live ]] || url=http://127.0.0.1:$(service_port "sim.$name")
            [[ $name != binance ]] || printf 'export CW_SIM_URL=%s\n' "$url"
            printf 'export CW_SIM_%s_URL=%s\n' "${name^^}" "$url"
        done >>"$var/env.new"
    )
    mv "$var/env.new" "$var/env"
}

# find_example: sets example to an EXCHANGE/SYMBOL that has a candle, the one with most trades. The first trades of a new
# market are on their way for a moment; a market may also be quiet.
find_example() {
    local api deadline=$((SECONDS + 10))
    api=http://127.0.0.1:$(service_port api)
    while ((SECONDS < deadline)); do
        example=$(curl -s --max-time 5 "$api/v1/symbols" |
            jq -r '.symbols | map(select(.trades > 0)) | max_by(.trades) | select(.) | "\(.exchange)/\(.symbol)"' \
                2>/dev/null) || true
        ! curl -s --max-time 5 "$api/v1/candles/$example?interval=1m&limit=1" |
            jq -e '.candles | length > 0' >/dev/null 2>&1 || return 0
        sleep 0.2
    done
    example=binance/BTC-USDT
}

print_places() {
    local api example
    api=http://127.0.0.1:$(service_port api)
    find_example
    cat <<PLACES

Candlewick runs on the $market_text
  REST        $api/v1/symbols
  Kafka       $brokers
  PostgreSQL  ${database_url#*@}
  logs        ${var#"$PWD/"}/$market/logs (\`make logs\`)
  addresses   ${var#"$PWD/"}/env, to be sourced

Try:
  curl -s '$api/v1/candles/$example?interval=1m&limit=3' | jq .
  curl -s '$api/v1/arbitrage?state=watching&limit=3' | jq .
  ${here#"$PWD/"}/bin/kafka-console-consumer --topic candles.1m --max-messages 5 | ${build#"$PWD/"}/tools/cw-tap
  (. ${var#"$PWD/"}/env && psql "\$CW_DATABASE_URL" -c 'SELECT symbol, open_time, close, status FROM candle LIMIT 5')

PLACES
}
