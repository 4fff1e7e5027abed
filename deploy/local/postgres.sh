#!/usr/bin/env bash
# postgres.sh COMMAND DIR   a private PostgreSQL 15 on this machine, kept in DIR.
#
#   start DIR    start it, wait until it answers; the role and the database `candlewick` exist afterwards
#   stop DIR     stop it (fast shutdown, then SIGKILL after a while) and wait until nothing of it is left
#   kill9 DIR    SIGKILL the server, as a crash does
#   status DIR   one line; exit code 0 it runs, 3 it does not
#   url DIR      print the connection URL of the database `candlewick`
#   psql DIR ... run psql on it as the superuser `postgres`, with the arguments that follow
#   remove DIR   delete a stopped one with all its data
#
# It listens on 127.0.0.1 alone and asks for a password (DIR/pgpass, mode 600). Run by root, the server becomes the
# user `postgres`, since PostgreSQL refuses to be root; where that user cannot reach DIR (a tree below a private
# /root), the data lives in /var/lib/candlewick and DIR/data is a link to it.
#
# Environment of start: POSTGRES_PORT (5432, or the next free one), POSTGRES_EXTRA (more arguments of the server, such
# as "-c fsync=off").
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/lib/common.sh"
. "$here/lib/process.sh"
. "$here/lib/ports.sh"

bin=/usr/lib/postgresql/15/bin
elsewhere=/var/lib/candlewick
server_user=postgres # of the operating system; matters only to root
ready_s=60
stop_s=30

usage() { sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"; }

# as_server COMMAND...: as the user that owns the data.
if ((EUID == 0)); then
    as_server=(setpriv "--reuid=$server_user" "--regid=$server_user" --init-groups --)
else
    as_server=()
fi

# data: the directory of the data, free of links, as the server knows it.
data() { readlink -f "$dir/data"; }
server_port() { port_get "$dir/ports" postgres; }
alive() { process_alive "$dir/postgres.pid"; }

# server_processes: prints the pids of all processes of this server, the orphans of a killed one too: each has the
# data directory as its working directory.
server_processes() {
    find /proc -maxdepth 2 -path '/proc/[0-9]*/cwd' -printf '%l\t%h\n' 2>/dev/null |
        data=$(data) awk -F'\t' '$1 == ENVIRON["data"] { sub(".*/", "", $2); print $2 }' || true
}
no_server_process() { [[ -z $(server_processes) ]]; }

random_password() { head -c 24 /dev/urandom | base64 | tr -d '+/=\n'; }

# make_home NAME: makes DIR/NAME, empty and owned by the server's user, or a link to such a directory elsewhere.
make_home() {
    local name=$1 path
    if ((EUID != 0)); then
        install -d -m 700 "$dir/$name"
        return
    fi
    install -d -m 700 -o "$server_user" -g "$server_user" "$dir/$name"
    ! "${as_server[@]}" test -w "$dir/$name" 2>/dev/null || return 0
    path=$elsewhere/$(sha256sum <<<"$dir" | head -c 16)
    say "the user $server_user cannot reach $dir: its data goes to $path"
    rm -rf "${dir:?}/$name" "$path"
    install -d -m 755 "$elsewhere"
    install -d -m 700 -o "$server_user" -g "$server_user" "$path"
    ln -s "$path" "$dir/$name"
}

# The data directory gets its name when it is complete; what an interruption left is thrown away.
create_data() {
    local owner admin
    [[ ! -e $dir/data ]] || return 0
    owner=$(random_password)
    admin=$(random_password)
    rm -rf "$dir/new"
    make_home new
    # The password comes through a pipe that the server's user made, and so may open.
    # shellcheck disable=SC2016 # expanded by the new shell
    "${as_server[@]}" bash -c '"$0" "$@" --pwfile=<(cat)' "$bin/initdb" -D "$(readlink -f "$dir/new")" \
        --username=postgres --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
        <<<"$admin" >"$dir/initdb.log" 2>&1 ||
        die "initdb failed: $(tail -n 5 "$dir/initdb.log")"
    (umask 077 && printf '127.0.0.1:*:*:%s\n' "postgres:$admin" "candlewick:$owner" >"$dir/pgpass")
    mv -T "$dir/new" "$dir/data"
}

# PostgreSQL itself finds that a postmaster.pid is a leftover, unless its number now belongs to another process of the
# same user. That one has another working directory.
drop_stale_lock() {
    local lock pid
    lock=$(data)/postmaster.pid
    { read -r pid <"$lock"; } 2>/dev/null || return 0
    [[ -e /proc/$pid && "$(readlink "/proc/$pid/cwd")" != "$(data)" ]] || return 0
    rm -f "$lock"
}

launch() {
    local extra
    wait_until "$stop_s" no_server_process ||
        die "processes that are not ours work on $(data): $(server_processes | tr '\n' ' ')"
    drop_stale_lock
    port_choose "$dir/ports" postgres "${POSTGRES_PORT:-5432}"
    read -r -a extra <<<"${POSTGRES_EXTRA:-}"
    [[ ! -e $dir/postgres.log ]] || mv "$dir/postgres.log" "$dir/postgres.log.1"
    # dynamic_shared_memory_type: /dev/shm is tiny in containers, and emptied by logind when its user logs out.
    # unix_socket_directories: none, since the path of one below a deep tree would be too long.
    process_start "$dir/postgres.pid" "$dir/postgres.log" "${as_server[@]}" "$bin/postgres" -D "$(data)" \
        -c listen_addresses=127.0.0.1 -c "port=$port" -c unix_socket_directories= \
        -c dynamic_shared_memory_type=mmap -c jit=off -c timezone=UTC -c log_timezone=UTC "${extra[@]}"
}

answers() { "$bin/pg_isready" -q -h 127.0.0.1 -p "$(server_port)" -d postgres; }
settled() { ! alive || answers; }
await_settled() {
    wait_until "$ready_s" settled || die "PostgreSQL does not answer after $ready_s s; its log: $dir/postgres.log"
}

superuser_psql() {
    PGPASSFILE=$dir/pgpass "$bin/psql" -X -q -h 127.0.0.1 -p "$(server_port)" -U postgres -v ON_ERROR_STOP=1 "$@"
}

password() { sed -n "s/^127\.0\.0\.1:\*:\*:$1://p" "$dir/pgpass"; }

create_database() {
    superuser_psql -d postgres <<SQL
SELECT 'CREATE ROLE candlewick LOGIN CREATEDB PASSWORD ''$(password candlewick)'''
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'candlewick') \gexec
SELECT 'CREATE DATABASE candlewick OWNER candlewick'
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'candlewick') \gexec
SQL
}

start() {
    [[ -x $bin/postgres ]] || die "PostgreSQL 15 is not installed: run \`make setup\`"
    check_number POSTGRES_PORT "${POSTGRES_PORT:-5432}" 1 65000
    create_data
    ! alive || await_settled # it may be about to end: killed a moment ago
    alive || launch
    await_settled
    if ! alive; then
        rm -f "$dir/postgres.pid"
        tail -n 5 "$dir/postgres.log" >&2
        die "PostgreSQL ended while starting; its log: $dir/postgres.log"
    fi
    create_database
}

stop() {
    process_stop "$dir/postgres.pid" INT "$stop_s"
    wait_until 5 no_server_process && return
    server_processes | xargs -r kill -s KILL 2>/dev/null || true # one may end by itself meanwhile
    wait_until 10 no_server_process || die "processes of PostgreSQL cannot be killed: $(server_processes | tr '\n' ' ')"
}

status() {
    local pid
    if pid=$(process_pid "$dir/postgres.pid"); then
        say "PostgreSQL: running, pid $pid, 127.0.0.1:$(server_port)"
    else
        say "PostgreSQL: stopped"
        return 3
    fi
}

remove() {
    local data
    alive && die "PostgreSQL still runs in $dir"
    data=$(data)
    if [[ $data == "$elsewhere"/* ]]; then
        rm -rf "$data"
        rmdir --ignore-fail-on-non-empty "$elsewhere"
    fi
    rm -rf "$dir"
}

main() {
    local command=${1:-}
    [[ $command != --help && $command != -h ]] || { usage && exit; }
    [[ $command =~ ^(start|stop|kill9|status|url|psql|remove)$ ]] ||
        usage_error "unknown command \"$command\"; see --help"
    (($# == 2)) || [[ $command == psql && $# -gt 2 ]] || usage_error "expected COMMAND DIR; see --help"
    if [[ $command == start ]]; then
        mkdir -p "$2"
    elif [[ ! -e $2/data ]]; then
        [[ ! $command =~ ^(stop|remove)$ ]] || exit 0
        die "no PostgreSQL was ever started in $2"
    fi
    dir=$(cd "$2" && pwd -P)
    cd / # where every user may be
    [[ ! $command =~ ^(start|stop|kill9|remove)$ ]] || take_lock "$dir/lock"
    case $command in
    start) start ;;
    stop) stop ;;
    kill9) process_stop "$dir/postgres.pid" KILL 10 ;;
    status) status ;;
    url) say "postgresql://candlewick:$(password candlewick)@127.0.0.1:$(server_port)/candlewick" ;;
    psql) superuser_psql "${@:3}" ;;
    remove) remove ;;
    esac
}

main "$@"
