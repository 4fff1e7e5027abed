#!/usr/bin/env bash
# kafka.sh COMMAND DIR [N]   a private Kafka on this machine: brokers that are controllers too (KRaft), kept in DIR.
#
#   start DIR [N]   start all brokers, or broker N, and wait until they serve; what runs already is left alone
#   stop DIR [N]    stop them (SIGTERM, then SIGKILL after a while) and wait until they are gone
#   kill9 DIR N     SIGKILL broker N, as a crash does
#   status DIR      one line per broker; exit code 0 all run, 3 not all
#   brokers DIR     print the bootstrap servers: host:port,...
#
# Environment of start: BROKERS (1 or 3; decided at the first start of DIR), KAFKA_PORT (of the
# first broker, or the next free one: 9092), KAFKA_HEAP (512m), KAFKA_JVM (flags), KAFKA_EXTRA (more lines for
# server.properties), KAFKA_FRONTS (host:port,... of what stands before each broker, such as a proxy: each then has one
# listener more, `client-N` in DIR/ports, whose clients are sent there), KAFKA_SECURE_PORT (where a single broker also
# listens, as localhost and with SASL_SSL; KAFKA_EXTRA then says by what certificate, and who may what).
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/lib/common.sh"
. "$here/lib/process.sh"
. "$here/lib/ports.sh"
. "$here/lib/java.sh"

ready_s=90 # three brokers on two busy cores need a tenth of it
stop_s=40

usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

pidfile() { printf '%s/broker-%s.pid' "$dir" "$1"; }
nodes() { seq "$(shape brokers)"; }

# shape KEY: prints a fact of the cluster that cannot change after the first start: its id, its number of brokers.
shape() { awk -F= -v key="$1" '$1 == key { print $2 }' "$dir/cluster"; }

# random_uuid: 128 bits in base64url, as Kafka writes ids; the first letter is fixed, since none may begin with a dash.
random_uuid() {
    local text
    text=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_')
    printf 'A%s\n' "${text:1:21}"
}

decide_shape() {
    local wanted=${BROKERS:-}
    [[ -z $wanted || $wanted == [13] ]] || usage_error "BROKERS must be 1 or 3, not \"$wanted\""
    if [[ ! -e $dir/cluster ]]; then
        printf 'brokers=%s\nid=%s\n' "${wanted:-1}" "$(random_uuid)" >"$dir/cluster.new"
        mv "$dir/cluster.new" "$dir/cluster"
    fi
    [[ -z $wanted || $wanted == "$(shape brokers)" ]] ||
        die "the Kafka in $dir was made with BROKERS=$(shape brokers); another number needs another directory"
}

any_alive() {
    local n
    for n in $(nodes); do process_alive "$(pidfile "$n")" && return; done
    return 1
}

# Addresses are chosen for all brokers together, while none runs: each one's file names all the others.
choose_ports() {
    local n base=${KAFKA_PORT:-9092}
    check_number KAFKA_PORT "$base" 1 65000
    any_alive && return
    for n in $(nodes); do
        port_choose "$dir/ports" "broker-$n" $((base + n - 1))
        port_choose "$dir/ports" "controller-$n" $((base + 100 + n - 1))
        [[ -z ${KAFKA_FRONTS:-} ]] || port_choose "$dir/ports" "client-$n" $((base + 200 + n - 1))
    done
}

broker_address() { printf '127.0.0.1:%s' "$(port_get "$dir/ports" "broker-$1")"; }
controller_address() { printf '127.0.0.1:%s' "$(port_get "$dir/ports" "controller-$1")"; }

list() { # list FUNCTION: FUNCTION of each node, comma-separated
    local n items=()
    for n in $(nodes); do items+=("$("$1" "$n")"); done
    (
        IFS=,
        printf '%s\n' "${items[*]}"
    )
}
# front N: where clients of broker N are sent; nothing where nothing stands before it.
front() {
    local fronts
    IFS=, read -r -a fronts <<<"${KAFKA_FRONTS:-}"
    printf '%s' "${fronts[$1 - 1]:-}"
}
voter() { printf '%s@%s' "$1" "$(controller_address "$1")"; }

write_properties() {
    local n=$1 copies in_sync=1 secure=${KAFKA_SECURE_PORT:+,SECURE://localhost:$KAFKA_SECURE_PORT}
    local listen='' advertise='' front
    front=$(front "$n")
    if [[ -n $front ]]; then
        listen=,CLIENT://127.0.0.1:$(port_get "$dir/ports" "client-$n")
        advertise=,CLIENT://$front
    fi
    copies=$(shape brokers)
    ((copies == 1)) || in_sync=2
    cat <<PROPERTIES
process.roles=broker,controller
node.id=$n
controller.quorum.voters=$(list voter)
listeners=BROKER://$(broker_address "$n")$listen,CONTROLLER://$(controller_address "$n")$secure
advertised.listeners=BROKER://$(broker_address "$n")$advertise$secure
listener.security.protocol.map=BROKER:PLAINTEXT,CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
log.dirs=$dir/broker-$n/data

# Topics are made by cw-topics, with their partitions and retention: a typing error must not make one.
auto.create.topics.enable=false
default.replication.factor=$copies
min.insync.replicas=$in_sync
offsets.topic.num.partitions=8
offsets.topic.replication.factor=$copies
transaction.state.log.num.partitions=8
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$in_sync
share.coordinator.state.topic.replication.factor=$copies
share.coordinator.state.topic.min.isr=$in_sync
# A stack that was down for a month still knows how far it had come.
offsets.retention.minutes=43200

# A dead broker is noticed after 3 s, a group starts at once, and a transaction whose producer died is aborted within
# a second of its timeout: readers of its partitions wait for that.
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
transaction.max.timeout.ms=60000
# The default buffer of 128 MiB would be a quarter of the heap or more.
log.cleaner.dedupe.buffer.size=33554432
${KAFKA_EXTRA:-}
PROPERTIES
}

# Formatting is done when the stamp says so; a directory that was interrupted halfway is formatted anew.
format_storage() {
    local home=$dir/broker-$1
    [[ ! -e $home/formatted ]] || return 0
    rm -rf "$home/data"
    "$java" -Xmx128m "${java_light[@]}" -Dlog4j2.configurationFile="$here/kafka/log4j2-tools.properties" \
        -cp "$kafka_classpath" kafka.tools.StorageTool format -t "$(shape id)" -c "$home/server.properties" \
        >"$home/format.log" 2>&1 || die "cannot format $home/data: $(tail -n 5 "$home/format.log")"
    : >"$home/formatted"
}

launch() {
    local n=$1 home=$dir/broker-$1 flags
    mkdir -p "$home"
    write_properties "$n" >"$home/server.properties"
    format_storage "$n"
    read -r -a flags <<<"${KAFKA_JVM:--XX:+UseG1GC}"
    : >"$home/out.log"
    process_start "$(pidfile "$n")" "$home/out.log" "$java" -Xms64m "-Xmx${KAFKA_HEAP:-512m}" "${flags[@]}" \
        -Dcandlewick.log="$home/server.log" \
        -Dlog4j2.configurationFile="$here/kafka/log4j2-server.properties" \
        -cp "$kafka_classpath" kafka.Kafka "$home/server.properties"
}

# serves N [OTHER...]: true if broker N, asked itself, counts itself and the others among the brokers of the cluster.
serves() {
    local port
    port=$(port_get "$dir/ports" "broker-$1")
    port_answers "$port" || return 1
    kcat -b "127.0.0.1:$port" -X log_level=0 -m 3 -L -J 2>/dev/null |
        jq -e '[.brokers[].id | tostring] | contains($ARGS.positional)' --args "$@" >/dev/null
}
settled() { process_gone "$(pidfile "$1")" || serves "$1"; }

await_settled() {
    wait_until "$ready_s" settled "$1" ||
        die "broker $1 does not serve after $ready_s s; its log: $dir/broker-$1/server.log"
}

await_broker() {
    local n=$1 home=$dir/broker-$1
    await_settled "$n"
    process_alive "$(pidfile "$n")" && return
    rm -f "$(pidfile "$n")"
    if [[ -e $home/server.log ]]; then
        awk -v from="$started" '$1 >= from && $2 == "ERROR"' "$home/server.log" | tail -n 5 >&2
    fi
    tail -n 5 "$home/out.log" >&2 # what Java itself had to say
    die "broker $n ended while starting; its log: $home/server.log"
}

start() {
    local n found=()
    kafka_installed
    java=$(java_home)/bin/java
    started=$(date -u +%FT%T)
    choose_ports
    for n in ${1:-$(nodes)}; do
        if process_alive "$(pidfile "$n")"; then found+=("$n"); else launch "$n"; fi
    done
    for n in "${found[@]}"; do # it may be about to end: killed a moment ago
        await_settled "$n"
        process_alive "$(pidfile "$n")" || launch "$n"
    done
    for n in ${1:-$(nodes)}; do await_broker "$n"; done
    [[ -n ${1:-} ]] || await_cluster
}

# What is replicated can be made as soon as each broker knows all.
await_cluster() {
    local n all
    mapfile -t all < <(nodes)
    for n in "${all[@]}"; do
        wait_until "$ready_s" serves "$n" "${all[@]}" || die "broker $n does not know all others after $ready_s s"
    done
}

# All are asked to stop before the first is waited for: the last of three could not leave without the others.
stop() {
    local n
    for n in ${1:-$(nodes)}; do process_ask "$(pidfile "$n")" TERM; done
    for n in ${1:-$(nodes)}; do process_stop "$(pidfile "$n")" TERM "$stop_s"; done
}

status() {
    local n pid missing=0
    for n in $(nodes); do
        if pid=$(process_pid "$(pidfile "$n")"); then
            say "broker $n: running, pid $pid, $(broker_address "$n")"
        else
            say "broker $n: stopped"
            missing=3
        fi
    done
    return "$missing"
}

print_brokers() {
    [[ -e $dir/ports ]] || die "the Kafka in $dir was never started"
    list broker_address
}

main() {
    local command=${1:-} n=${3:-}
    [[ $command != --help && $command != -h ]] || { usage && exit; }
    [[ $command =~ ^(start|stop|kill9|status|brokers)$ ]] || usage_error "unknown command \"$command\"; see --help"
    (($# == 2 || $# == 3)) || usage_error "expected COMMAND DIR [N]; see --help"
    [[ $command != kill9 || -n $n ]] || usage_error "kill9 needs the number of the broker"
    if [[ $command == start ]]; then
        mkdir -p "$2"
    elif [[ ! -e $2/cluster ]]; then
        [[ $command != stop ]] || exit 0
        die "no Kafka was ever started in $2"
    fi
    dir=$(cd "$2" && pwd -P)
    [[ ! $command =~ ^(start|stop|kill9)$ ]] || take_lock "$dir/lock"
    [[ $command != start ]] || decide_shape
    [[ -z $n ]] || check_number N "$n" 1 "$(shape brokers)"
    case $command in
    start) start "$n" ;;
    stop) stop "$n" ;;
    kill9) process_stop "$(pidfile "$n")" KILL 10 ;;
    status) status ;;
    brokers) print_brokers ;;
    esac
}

main "$@"
