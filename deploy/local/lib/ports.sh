# shellcheck shell=bash
# TCP ports on 127.0.0.1: the wanted one or the next free one, remembered, so that an address stays the same.
#
#   port_choose DIR/ports broker-1 9092     # sets $port and remembers it in DIR/ports
#   port=$(port_get DIR/ports broker-1)
#
# A ports file holds lines "name port". Choose a port only for a process that does not run.

# port_get FILE NAME: prints the remembered port; 1 if there is none.
port_get() { [[ -e $1 ]] && awk -v name="$2" '$1 == name { print $2; found = 1 } END { exit !found }' "$1"; }

# port_taken FILE NAME PORT: true if PORT answers now or is remembered for something else in FILE.
port_taken() {
    port_answers "$3" && return
    [[ -e $1 ]] && awk -v name="$2" -v port="$3" '$1 != name && $2 == port { found = 1 } END { exit !found }' "$1"
}

# port_choose FILE NAME WANTED: sets port. A remembered port is wanted more than WANTED.
port_choose() {
    local wanted
    wanted=$(port_get "$1" "$2") || wanted=$3
    port=$wanted
    while port_taken "$1" "$2" "$port"; do
        ((++port <= 65535)) || die "no free port from $wanted on for $2"
    done
    ((port == wanted)) || say "port $wanted is taken: $2 uses $port"
    { [[ ! -e $1 ]] || awk -v name="$2" '$1 != name' "$1"; } >"$1.new"
    printf '%s %s\n' "$2" "$port" >>"$1.new"
    mv "$1.new" "$1"
}
