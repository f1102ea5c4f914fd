# Functions of the set-up scripts (POSIX sh; sourced).

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        fail "root is needed for: $* (run it as root, or install sudo)"
    fi
}

# apt_install PACKAGE...: installs what is missing; nothing that is installed is started.
apt_install() {
    missing=
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    command -v apt-get >/dev/null 2>&1 || fail "these are missing and there is no apt-get to install them:$missing"
    say "installing$missing"
    policy=
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        policy=/usr/sbin/policy-rc.d
        printf '#!/bin/sh\nexit 101\n' | as_root sh -c "cat >$policy && chmod 755 $policy"
    fi
    status=0
    as_root apt-get update -qq || say "apt-get update failed; going on with the package lists that are here"
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing >/dev/null || status=$?
    [ -z "$policy" ] || as_root rm -f "$policy"
    [ "$status" = 0 ] || fail "apt-get could not install$missing"
}
