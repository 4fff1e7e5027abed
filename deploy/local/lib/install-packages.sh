#!/usr/bin/env bash
# install-packages.sh PACKAGE...   installs Debian packages and leaves everything else on the machine as it found it.
# Runs as root: this is all of set-up that does. For the duration, policy-rc.d keeps any package from starting a
# service, and PostgreSQL's package is told to make no `main` cluster; both files are gone afterwards, and a
# policy-rc.d that was there before is back in its place. Without a package it only tidies up after a run that was
# killed; the sign of one is the file $cluster_conf, the first to come and the last to go.
set -euo pipefail

marker='# candlewick: no service is started while its packages are installed'
policy=/usr/sbin/policy-rc.d
saved=$policy.before-candlewick
cluster_dir=/etc/postgresql-common/createcluster.d
cluster_conf=$cluster_dir/candlewick.conf

# A run that was killed left its own policy and the saved one: then the saved one is the machine's.
ours() { [[ -e $policy ]] && grep -qxF "$marker" "$policy"; }

guard() {
    mkdir -p "$cluster_dir"
    printf 'create_main_cluster = false\n' >"$cluster_conf"
    if [[ -e $policy || -L $policy ]] && ! ours; then
        mv "$policy" "$saved"
    fi
    printf '#!/bin/sh\n%s\nexit 101\n' "$marker" >"$policy"
    chmod 755 "$policy"
}

restore() {
    ! ours || rm -f "$policy"
    [[ ! -e $saved && ! -L $saved ]] || mv "$saved" "$policy"
    rm -f "$cluster_conf"
    rmdir --ignore-fail-on-non-empty -p "$cluster_dir"
}

exec 9</usr/sbin
flock 9 # two trees may be set up at the same time
trap restore EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
(($#)) || exit 0
guard
export DEBIAN_FRONTEND=noninteractive
apt_get=(apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
"${apt_get[@]}" update
"${apt_get[@]}" install --no-install-recommends "$@"
