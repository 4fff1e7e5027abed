# shellcheck shell=bash
# runit: one runsvdir for all programs of a market, in a session of its own; one runsv per program restarts it when it
# dies; svlogd keeps its last 10 MB of log in var/MARKET/logs/NAME/current.
# shellcheck disable=SC2154

supervisor_s=25 # programs leave within 10 s of SIGTERM

supervisor_pidfile() { printf '%s/%s/supervisor.pid' "$var" "$1"; }
service_dir() { printf '%s/%s/services/%s' "$var" "$market" "$1"; }
service_pidfile() { printf '%s/%s/services/%s.pid' "$var" "$market" "$1"; }
service_log() { printf '%s/%s/logs/%s/current' "$var" "$market" "$1"; }

# A program whose runsv was killed lives on. It is ended before its successor starts: two of a kind would fight over
# port and shard.
write_run_script() {
    local name=$1 pidfile
    pidfile=$(service_pidfile "$name")
    cat <<RUN
#!/bin/bash
# Written by stack for runsv.
exec 2>&1
set -euo pipefail
. $(printf %q "$top/deploy/local/lib/common.sh")
. $(printf %q "$top/deploy/local/lib/process.sh")
export CW_BROKERS=$(printf %q "$brokers") CW_DATABASE_URL=$(printf %q "$database_url")
export CW_HEALTH_LISTEN=127.0.0.1:$(service_port "health.$name") CW_LOG_FORMAT=json
cd $(printf %q "$top")
process_stop $(printf %q "$pidfile") TERM 10
process_become $(printf %q "$pidfile") ${service_command[$name]}
RUN
}

write_log_script() {
    local dir=$var/$market/logs/$1
    mkdir -p "$dir"
    printf 's2000000\nn4\n' >"$dir/config" # five files of 2 MB
    printf '#!/bin/bash\n# Written by stack for runsv.\nexec svlogd %q\n' "$dir"
}

# The scripts hold the password of the database.
write_services() (
    umask 077
    local name dir
    rm -rf "$var/$market/services"
    for name in "${services[@]}"; do
        dir=$(service_dir "$name")
        mkdir -p "$dir/log"
        write_run_script "$name" >"$dir/run"
        write_log_script "$name" >"$dir/log/run"
        chmod 700 "$dir/run" "$dir/log/run"
    done
)

start_supervisor() {
    write_services
    mkdir -p "$var/$market/logs"
    process_start "$(supervisor_pidfile "$market")" "$var/$market/logs/supervisor" runsvdir "$var/$market/services"
}

# stop_supervisor MARKET: ends runsvdir, every runsv, every program and every svlogd of MARKET, whichever of them are
# still there. runsvdir tells each runsv; runsv hands SIGTERM on to its program, waits for it, then lets svlogd write
# what is left and go.
stop_supervisor() {
    local pidfile orphans pid
    pidfile=$(supervisor_pidfile "$1")
    orphans=$(for pid in $(session_members "$pidfile"); do ! is_orphan "$pid" || echo "$pid"; done)
    ! pid=$(process_pid "$pidfile") || kill -s HUP "$pid" 2>/dev/null || true
    for pid in $orphans; do ask_orphan "$1" "$pid"; done
    if ! wait_until "$supervisor_s" session_empty "$pidfile"; then
        warn "still running after $supervisor_s s, killing: $(session_names "$pidfile")"
        session_members "$pidfile" | xargs -r kill -s KILL 2>/dev/null || true
        wait_until 10 session_empty "$pidfile" || die "cannot be killed: $(session_names "$pidfile")"
    fi
    rm -f "$pidfile"
}

# is_orphan PID: true for what nothing above it will stop: a runsv without runsvdir, and a program without runsv (but
# not a svlogd, which ends with its input). All others must not be told: a second SIGTERM cuts a program's last batch
# short.
is_orphan() {
    local name stat parent
    { read -r name <"/proc/$1/comm" && read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -r _ parent _ <<<"${stat##*) }"
    if is_doomed "$parent" || ! { read -r parent <"/proc/$parent/comm"; } 2>/dev/null; then parent=; fi
    case $name in
    runsvdir | svlogd) return 1 ;;
    runsv) [[ $parent != runsvdir ]] ;;
    *) [[ $parent != runsv ]] ;;
    esac
}

# is_doomed PID: true if a SIGKILL is on its way to the process, which looks alive until it runs again.
is_doomed() { grep -q '^ShdPnd:.*[13579bdf]..$' "/proc/$1/status" 2>/dev/null; }

# ask_orphan MARKET PID: a program may be asked by its next run script at the same moment.
ask_orphan() {
    local pidfile
    for pidfile in "$var/$1"/services/*.pid; do
        [[ $(process_pid "$pidfile") != "$2" ]] || {
            process_ask "$pidfile" TERM
            return
        }
    done
    kill -s TERM "$2" 2>/dev/null || true
}

session_names() { session_members "$1" | xargs -r ps -o comm=,pid= -p | tr '\n' ' '; }
