#!/bin/sh
# Pin every dependency with the hashes of all platforms' files: sh tools/lock.sh OUTPUT [uv's options]
# Versions that OUTPUT already pins stay, unless --upgrade is given. No local folder of packages takes part,
# its hashes would not be those that others download.
set -eu
output=$1
shift
exec env -u PIP_FIND_LINKS -u UV_FIND_LINKS .venv/bin/python -m uv pip compile pyproject.toml --output-file "$output" \
    --no-config --quiet --system-certs --universal --python-version 3.11 --all-extras --fork-strategy fewest \
    --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" "$@"
