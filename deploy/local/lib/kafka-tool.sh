# shellcheck shell=bash
# What the wrappers in deploy/local/bin have in common: Kafka's own tools on the local stack's Kafka.
#
#   kafka_tool org.apache.kafka.tools.TopicCommand "$@"
#
# The cluster is the one of --bootstrap-server, else of CW_BROKERS, else of the running stack (var/env).
# shellcheck disable=SC2154

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/common.sh"
. "$here/java.sh"
env_file=${STACK_VAR:-$top/var}/env

# has_option NAME ARGUMENT...: true if NAME is among the arguments, as "NAME value" or "NAME=value".
has_option() {
    local name=$1 argument
    shift
    for argument; do
        [[ $argument != "$name" && $argument != "$name="* ]] || return 0
    done
    return 1
}

# brokers_of_stack: prints the brokers to use where none are given.
brokers_of_stack() {
    if [[ -z ${CW_BROKERS:-} ]]; then
        [[ -e $env_file ]] || die "which Kafka? Give --bootstrap-server, or start the local one: \`make up\`"
        # shellcheck source=/dev/null
        . "$env_file"
    fi
    printf '%s\n' "$CW_BROKERS"
}

# kafka_tool CLASS ARGUMENT...: becomes the tool.
kafka_tool() {
    local class=$1 java brokers arguments=()
    shift
    kafka_installed
    java=$(java_home)/bin/java
    if ! has_option --bootstrap-server "$@" && ! has_option --help "$@" && ! has_option --version "$@"; then
        brokers=$(brokers_of_stack)
        arguments=(--bootstrap-server "$brokers")
    fi
    exec "$java" -Xmx256m "${java_light[@]}" -Dlog4j2.configurationFile="$here/../kafka/log4j2-tools.properties" \
        -cp "$kafka_classpath" "$class" "${arguments[@]}" "$@"
}
