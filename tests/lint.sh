#!/usr/bin/env bash
# lint.sh   formatting, clang-tidy and cppcheck for C, shellcheck for scripts. Needs build/ (`make lint` sees to it).
# All checks run, whatever the first one says; the exit code is 0 only if none found anything.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
failed=()

check() {
    local name=$1
    shift
    printf '%s... ' "$name"
    if "$@"; then echo ok; else failed+=("$name"); fi
}

c_files() { git ls-files -z -- '*.c' '*.h'; }

# Our sources as they were compiled; what was generated below build/ is the generator's business.
compiled_files() {
    jq -j '.[].file | select(startswith("../")) | ltrimstr("../") + "\u0000"' build/compile_commands.json | sort -zu
}

scripts() { git grep -lIz -E '^#!/usr/bin/env bash|^# shellcheck shell=bash' -- .ci Makefile deploy tests; }

formatted() { c_files | xargs -0r clang-format --dry-run -Werror; }

# Headers are seen once per file that includes them: each finding is shown once, without the steps that led to it.
tidy() {
    local found
    found=$(compiled_files | xargs -0r -n 4 -P "$(nproc)" clang-tidy -p build --quiet 2>/dev/null |
        grep -E ' (error|warning): ' | sed 's|^.*/build/\.\./||; s|^\.\./||' | sort -u || true)
    [[ -z $found ]] || { printf '\n%s\n' "$found" && return 1; }
}

# shiftTooManyBitsSigned: a shift of a negative number is what gcc and clang say it is, and Avro's zigzag needs it.
# identicalInnerCondition: it takes "if (p && ...) return p" for a mistake.
cppchecked() {
    cppcheck --quiet --project=build/compile_commands.json --enable=warning,performance,portability --inline-suppr \
        --suppress='*:build/*' --suppress=missingIncludeSystem --suppress=shiftTooManyBitsSigned \
        --suppress=identicalInnerCondition --error-exitcode=1 -j "$(nproc)"
}

shellchecked() { scripts | xargs -0r shellcheck -x; }

check clang-format formatted
check shellcheck shellchecked
check cppcheck cppchecked
check clang-tidy tidy
((${#failed[@]} == 0)) || { echo "lint: not clean: ${failed[*]}" >&2 && exit 1; }
