#!/usr/bin/env bash
# A registry on this machine for tests: Debian's `docker-registry` on a free port of 127.0.0.1.
#
# usage: tests/registry.sh install              get the program, from Debian's archive, into target/registry
#        tests/registry.sh start DIR [HTPASSWD] keep blobs in DIR; print its address, run until standard input ends
#
# With HTPASSWD, a file as `htpasswd -B` writes it, it wants to know who asks.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
tools=$root/target/registry

program() {
    if [ -x "$tools/usr/bin/docker-registry" ]; then
        echo "$tools/usr/bin/docker-registry"
    else
        command -v docker-registry
    fi
}

case ${1:-} in
install)
    if program >/dev/null; then exit 0; fi
    mkdir -p "$tools"
    cd "$tools"
    # The package's service would listen on every address; its program alone is wanted.
    apt-get download --quiet docker-registry || { apt-get update --quiet && apt-get download --quiet docker-registry; }
    dpkg -x docker-registry_*.deb .
    program
    ;;
start)
    dir=$2
    mkdir -p "$dir/blobs"
    {
        echo 'version: 0.1'
        echo 'log: { level: info, accesslog: { disabled: true } }'
        echo "storage: { filesystem: { rootdirectory: '$dir/blobs' }, delete: { enabled: true } }"
        echo 'http: { addr: "127.0.0.1:0" }'
        if [ -n "${3:-}" ]; then
            echo "auth: { htpasswd: { realm: tests, path: '$3' } }"
        fi
    } >"$dir/config.yml"
    # It is read before the registry has opened it.
    : >"$dir/log"
    "$(program)" serve "$dir/config.yml" >"$dir/log" 2>&1 </dev/null &
    registry=$!
    trap 'kill $registry 2>/dev/null || true; wait $registry 2>/dev/null || true' EXIT
    for _ in $(seq 600); do
        address=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$dir/log" | head -n 1)
        if [ -n "$address" ]; then
            echo "$address"
            # Whoever started it ends it by closing this, or by ending.
            cat >/dev/null
            exit 0
        fi
        kill -0 $registry 2>/dev/null || break
        sleep 0.1
    done
    cat "$dir/log" >&2
    exit 1
    ;;
*)
    sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
esac
