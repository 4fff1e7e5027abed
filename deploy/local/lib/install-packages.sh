#!/usr/bin/env bash
# install-packages.sh PACKAGE...   installs Debian packages and leaves everything else on the machine as it found it.
# Runs as root: this is all of set-up that does. For the duration, policy-rc.d keeps any package from starting a
# service, and PostgreSQL's package is told to make no `main` cluster; both files are gone afterwards, and a
# policy-rc.d that was there before is back in its place.
set -euo pipefail

marker='# candlewick: no service is started while its packages are installed'
policy=/usr/sbin/policy-rc.d
saved=$policy.before-candlewick
cluster_dir=/etc/postgresql-common/createcluster.d
cluster_conf=$cluster_dir/candlewick.conf

# A run that was killed left its own policy and the saved one: then the saved one is the machine's.
ours() { [[ -e $policy ]] && grep -qxF "$marker" "$policy"; }

guard() {
    if [[ -e $policy || -L $policy ]] && ! ours; then
        mv "$policy" "$saved"
    fi
    printf '#!/bin/sh\n%s\nexit 101\n' "$marker" >"$policy"
    chmod 755 "$policy"
    mkdir -p "$cluster_dir"
    printf 'create_main_cluster = false\n' >"$cluster_conf"
}

restore() {
    ! ours || rm -f "$policy"
    [[ ! -e $saved && ! -L $saved ]] || mv "$saved" "$policy"
    rm -f "$cluster_conf"
    rmdir --ignore-fail-on-non-empty -p "$cluster_dir"
}

trap restore EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
guard
export DEBIAN_FRONTEND=noninteractive
apt_get=(apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
"${apt_get[@]}" update
"${apt_get[@]}" install --no-install-recommends "$@"
