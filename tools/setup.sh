#!/bin/sh
# Put what requirements.txt pins into .venv, unless it is there already. Run from the project's folder.
set -eu
venv=.venv
installed=$venv/installed-requirements.txt # written last: without it a set-up is done again

if cmp -s requirements.txt "$installed" && "$venv/bin/python" -c '' 2>/dev/null; then
    exit 0
fi

say() { printf '%s\n' "$*" >&2; }

# PYTHON=... chooses one; otherwise the first that is new enough.
find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    say "Không tìm thấy Python 3.11 trở lên (python3 trên máy này: $(python3 --version 2>/dev/null || echo 'không có'))."
    say "Hãy cài Python mới từ https://www.python.org/downloads/ rồi chạy lại,"
    say "hoặc chỉ rõ một bản đã có: make lab PYTHON=/đường/dẫn/tới/python3.12"
    return 1
}

python=$(find_python)
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    say "$python thiếu module venv. Trên Debian, Ubuntu: sudo apt install python3-venv, rồi chạy lại."
    exit 1
fi

say "Cài đặt vào thư mục .venv bằng $("$python" --version): tải khoảng 380 MB, mất chừng 1 đến 5 phút."
rm -f "$installed" "$venv/installed-requirements-bench.txt"
unset PYTHONHOME PYTHONPATH
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    "$python" -m venv --clear "$venv"
fi
# Only ready-made wheels: nothing is compiled on a learner's machine.
if ! PIP_USER=0 "$venv/bin/python" -m pip install --disable-pip-version-check --no-input \
    --require-hashes --only-binary :all: --no-compile -r requirements.txt; then
    say "Cài đặt chưa xong; lý do ở ngay trên. Hãy kiểm tra mạng và chỗ trống trên đĩa, rồi chạy lại."
    say "Nếu mạng vẫn tốt mà máy báo \"No matching distribution\", hãy dùng Python 3.11 đến 3.13: make lab PYTHON=python3.12"
    exit 1
fi
say "Chuẩn bị các gói vừa cài để lần mở đầu tiên được nhanh (chưa đến một phút) ..."
"$venv/bin/python" -m compileall -q -j 0 "$venv/lib" >/dev/null 2>&1 || true

packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
# `lessons` and `cdse_offline` are imported from the project itself; a relative path survives a move of the folder.
printf "%s\n" ../../../.. ../../../../src >"$packages/cdse-bai-hoc.pth"
# JupyterLab would ask to fetch news from the network at its first start.
mkdir -p "$venv/etc/jupyter/labconfig"
echo '{"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": true}}' \
    >"$venv/etc/jupyter/labconfig/page_config.json"
cp requirements.txt "$installed.part"
mv "$installed.part" "$installed"
say "Cài đặt xong."
