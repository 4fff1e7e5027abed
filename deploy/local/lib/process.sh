# shellcheck shell=bash
# Background processes by pid file, without mistaken identity.
#
#   process_start DIR/broker-1.pid DIR/broker-1.out java ...   # a session of its own
#   process_alive DIR/broker-1.pid && echo "still there"
#   process_stop DIR/broker-1.pid TERM 30                      # then KILL
#
# A pid file holds "pid start-time boot-id". A pid alone proves nothing: after a crash of the machine, or days later,
# the number belongs to somebody else. A process writes its file itself, before it becomes the program, so there is
# no moment at which it runs and no file tells of it.

# process_identity PID: prints "pid start-time boot-id"; 1 if there is no such process. A zombie is not a process, unless
# it is the first of threads that are still to end: they keep its ports and locks.
process_identity() {
    local stat fields
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    read -r -a fields <<<"${stat##*) }" # after the command's name, which may hold blanks and brackets
    [[ ${fields[0]} != [ZX] ]] || ((fields[17] > 1)) || return 1
    printf '%s %s %s\n' "$1" "${fields[19]}" "$(</proc/sys/kernel/random/boot_id)"
}

# process_alive PIDFILE: true if the process that wrote PIDFILE still runs.
process_alive() {
    local pid rest
    { read -r pid rest <"$1"; } 2>/dev/null || return 1
    [[ $pid =~ ^[0-9]+$ && "$pid $rest" == "$(process_identity "$pid")" ]]
}

process_gone() { ! process_alive "$1"; }

# process_pid PIDFILE: prints the pid; 1 if the process does not run.
process_pid() {
    local pid
    process_alive "$1" && read -r pid _ <"$1" && printf '%s\n' "$pid"
}

# process_become PIDFILE COMMAND...: writes PIDFILE and replaces this shell by COMMAND.
process_become() {
    local pidfile=$1
    shift
    rm -f "$pidfile".asked.*
    process_identity $$ >"$pidfile.new" && mv "$pidfile.new" "$pidfile" && exec "$@"
}

# process_start PIDFILE LOG COMMAND...: COMMAND in a session of its own, output appended to LOG. Returns as soon as
# PIDFILE is written; whether the program is ready is for the caller to find out.
process_start() {
    local pidfile=$1 log=$2
    shift 2
    rm -f "$pidfile"
    # shellcheck disable=SC2016 # expanded by the new shell
    setsid --fork bash -c '. "$0" && process_become "$@"' "${BASH_SOURCE[0]}" "$pidfile" "$@" \
        </dev/null >>"$log" 2>&1 9>&-
    wait_until 10 test -e "$pidfile" || die "could not start $1: $(tail -n 3 "$log")"
}

# process_ask PIDFILE SIGNAL: sends SIGNAL to the process, if nobody did so in this way before: to our programs a second
# SIGTERM means "at once", and two may come to ask at the same moment.
process_ask() {
    local pid
    pid=$(process_pid "$1") || return 0
    (set -o noclobber && : >"$1.asked.$2") 2>/dev/null || return 0
    kill -s "$2" "$pid" 2>/dev/null || true
}

# process_stop PIDFILE SIGNAL SECONDS: SIGNAL, SECONDS of patience, then KILL. Removes PIDFILE. Nothing to stop is fine.
process_stop() {
    local pid
    if pid=$(process_pid "$1"); then
        process_ask "$1" "$2"
        if ! wait_until "$3" process_gone "$1"; then
            warn "process $pid (${1##*/}) did not end within $3 s of SIG$2: killing it"
            kill -s KILL "$pid" 2>/dev/null || true
            wait_until 10 process_gone "$1" || die "process $pid cannot be killed"
        fi
    fi
    rm -f "$1" "$1".asked.*
}

# session_members PIDFILE: prints the pids of all processes in the session that the process of PIDFILE leads or led.
# While one of them lives, the kernel gives the number to nobody else; so if the number is another process now, or the
# machine was started anew, none is left.
session_members() {
    local pid start boot now
    { read -r pid start boot <"$1"; } 2>/dev/null || return 0
    [[ $pid =~ ^[0-9]+$ && $boot == "$(</proc/sys/kernel/random/boot_id)" ]] || return 0
    ! now=$(process_identity "$pid") || [[ $now == "$pid $start $boot" ]] || return 0
    ps -o pid=,stat=,nlwp= -s "$pid" | awk '$2 !~ /^[ZX]/ || $3 > 1 { print $1 }' || true
}

session_empty() { [[ -z $(session_members "$1") ]]; }
