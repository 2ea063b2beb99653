#!/bin/sh
# Add to .venv what `make bench` needs beyond it, unless it is there already. Run from the project's folder.
set -eu
installed=.venv/installed-requirements-bench.txt

if cmp -s requirements-bench.txt "$installed"; then
    exit 0
fi

printf '%s\n' "Cài thêm stackstac, rioxarray và distributed vào .venv, chỉ để đo (khoảng 2 MB) ..." >&2
unset PYTHONHOME PYTHONPATH
# --no-deps: what else they need is there, in the versions that the course pins.
if ! PIP_USER=0 .venv/bin/python -m pip install --disable-pip-version-check --no-input --quiet \
    --require-hashes --only-binary :all: --no-deps -r requirements-bench.txt; then
    printf '%s\n' "Cài thêm chưa xong; lý do ở ngay trên. Hãy kiểm tra mạng rồi chạy lại make bench." >&2
    exit 1
fi
cp requirements-bench.txt "$installed"
