#!/bin/sh
# Put what requirements.txt pins and the project itself into .venv, unless they are there. Run from the project's folder.
set -eu
venv=.venv
# Both are written last: without them the step is done again.
installed=$venv/installed-requirements.txt
linked=$venv/installed-project.txt

say() { printf '%s\n' "$*" >&2; }

requirements_are_installed() { cmp -s requirements.txt "$installed" && "$venv/bin/python" -c '' 2>/dev/null; }

# An editable install holds the folder's place, and what pyproject.toml says of packages and entry points.
describe_project() { pwd && cat pyproject.toml; }

project_is_installed() { describe_project | cmp -s - "$linked"; }

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

install() { PIP_USER=0 "$venv/bin/python" -m pip install --disable-pip-version-check --no-input "$@"; }

install_requirements() {
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        say "$python thiếu module venv. Trên Debian, Ubuntu: sudo apt install python3-venv, rồi chạy lại."
        exit 1
    fi
    say "Cài đặt vào thư mục .venv bằng $("$python" --version): tải khoảng 390 MB, mất chừng 1 đến 5 phút."
    rm -f "$installed" "$linked" "$venv/installed-requirements-bench.txt"
    if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        "$python" -m venv --clear "$venv"
    fi
    # Only ready-made wheels: nothing is compiled on a learner's machine.
    if ! install --require-hashes --only-binary :all: --no-compile -r requirements.txt; then
        say "Cài đặt chưa xong; lý do ở ngay trên. Hãy kiểm tra mạng và chỗ trống trên đĩa, rồi chạy lại."
        say "Nếu mạng vẫn tốt mà máy báo \"No matching distribution\", hãy dùng Python 3.11 đến 3.13: make lab PYTHON=python3.12"
        exit 1
    fi
    say "Chuẩn bị các gói vừa cài để lần mở đầu tiên được nhanh (chưa đến một phút) ..."
    "$venv/bin/python" -m compileall -q -j 0 "$venv/lib" >/dev/null 2>&1 || true
    cp requirements.txt "$installed.part"
    mv "$installed.part" "$installed"
}

# What version 0.1 left behind would be found before the packages of src/: folders without code, and a path to them.
remove_leftovers() {
    rm -f "$venv"/lib/python*/site-packages/cdse-bai-hoc.pth
    for old in cdse_guard cdse_offline jp2_parts; do
        [ -d "$old" ] || continue
        find "$old" -name __pycache__ -prune -exec rm -rf {} +
        find "$old" -type d -empty -delete
    done
}

# Needs no network: what builds it, setuptools, is one of the requirements. (--require-hashes would refuse a folder.)
install_project() {
    rm -f "$linked"
    remove_leftovers
    if ! install --quiet --no-index --no-deps --no-build-isolation --editable .; then
        say "Chưa đưa được các gói của khóa học vào .venv; lý do ở ngay trên. Hãy chạy make clean rồi chạy lại."
        exit 1
    fi
    describe_project >"$linked.part"
    mv "$linked.part" "$linked"
    say "Cài đặt xong."
}

unset PYTHONHOME PYTHONPATH
requirements_are_installed || install_requirements
project_is_installed || install_project
