# shellcheck shell=bash
# Java 17 and the Kafka jars, wherever they are and whatever `java` means on this machine.
#
#   "$(java_home)/bin/java" -cp "$kafka_classpath" kafka.Kafka server.properties

# shellcheck disable=SC2034,SC2154 # cache comes from common.sh; the rest is for those who source this file
kafka_classpath="$cache/kafka/libs/*"
# Start fast, stay small: for programs that live for a second, and for brokers of tests.
java_light=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xshare:auto)

# java_home: prints the home of a Java 17 (Debian's own first, then JAVA_HOME, then the default `java`).
java_home() {
    local home
    for home in /usr/lib/jvm/java-17-openjdk-* "${JAVA_HOME:-}" "$(default_java_home)"; do
        [[ -n $home && -x $home/bin/java ]] || continue
        [[ $("$home/bin/java" -version 2>&1) == *' version "17.'* ]] || continue
        printf '%s\n' "$home"
        return
    done
    warn "no Java 17 found: run \`make setup\`"
    return 1
}

default_java_home() {
    local java
    java=$(command -v java) && java=$(readlink -f "$java") && printf '%s\n' "${java%/bin/java}"
}

# kafka_installed: ends unless set-up has brought the Kafka jars.
kafka_installed() { [[ -d $cache/kafka/libs ]] || die "Kafka is not installed: run \`make setup\`"; }
