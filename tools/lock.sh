#!/bin/sh
# Pin every dependency with the hashes of all platforms' files: sh tools/lock.sh OUTPUT [uv's options]
# An OUTPUT that ends in -bench.txt gets what the extra `bench` needs beyond requirements.txt.
# Versions that OUTPUT already pins stay, unless --upgrade is given. No local folder of packages takes part,
# its hashes would not be those that others download.
set -eu
output=$1
shift

pin() {
    env -u PIP_FIND_LINKS -u UV_FIND_LINKS .venv/bin/python -m uv pip compile --output-file "$output" \
        --no-config --quiet --system-certs --universal --python-version 3.11 --fork-strategy fewest \
        --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" "$@"
}

case $output in
*-bench.txt)
    # Whatever these packages ask for, the versions that the course pins stay (stackstac knows no pandas 3).
    pinned=$(sed -n 's/^\([a-z0-9][a-z0-9._-]*\)==.*/--no-emit-package \1/p' requirements.txt | sort -u)
    extra='import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["bench"], sep="\n")'
    # shellcheck disable=SC2086 # one word for each package
    .venv/bin/python -c "$extra" | pin - --no-annotate --no-header --overrides requirements.txt $pinned "$@"
    ;;
*) pin pyproject.toml --extra book --extra dev "$@" ;;
esac
