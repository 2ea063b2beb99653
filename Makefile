# Every target sets up .venv first when that is needed. Works with GNU make 3.81 (macOS) and a POSIX sh.

PY = .venv/bin/python
ARGS =
export PYTHONUTF8 = 1
export HOME := $(shell sh tools/home.sh)

.DEFAULT_GOAL := help
.PHONY: help lab restart test bench book book-serve notebooks texts service lint format layers lock environment.yml setup clean

help: ## Liệt kê các lệnh
	@awk -F ':.*## ' '/^[a-z.-]+:.*## / {printf "make %-16s %s\n", $$1, $$2}' Makefile

lab: setup ## Cài đặt (lần đầu) rồi mở bản bài học của bạn trong JupyterLab
	$(PY) -m lab $(ARGS)

restart: setup ## Bắt đầu lại một bài như lúc đầu: ARGS=04-ndvi; bản đã sửa được cất sang một bên
	$(PY) -m lab restart $(ARGS)

test: setup ## Chạy toàn bộ kiểm thử; một phần: make test ARGS="tests/lessons"
	$(PY) -m pytest $(or $(ARGS),-n 2)

bench: setup ## Đo tốc độ đọc ảnh, ghi vào book/hieu-nang.md (khoảng 30 phút); chỉ một ngày ảnh: ARGS=--quick
	@sh tools/setup-bench.sh
	$(PY) -m bench $(ARGS)

book: setup ## Dựng sách HTML trong _build/html/, không cần mạng
	$(PY) -m book.build $(ARGS)

book-serve: setup ## Dựng sách rồi mở trong trình duyệt
	$(PY) -m book.build --serve $(ARGS)

notebooks: setup ## Chạy lại các bài từ notebooks/md/ và lưu kết quả mới; một bài: ARGS=04-ndvi
	$(PY) -m tools.notebooks run $(ARGS)

texts: setup ## Chép nội dung đã sửa trong notebooks/*.ipynb về notebooks/md/; một bài: ARGS=04-ndvi
	$(PY) -m tools.notebooks texts $(ARGS)

service: setup ## Chạy CDSE ngoại tuyến trên máy này; tùy chọn: ARGS="--help"
	$(PY) -m cdse_offline $(ARGS)

lint: setup ## Kiểm tra mã nguồn: quy tắc, định dạng, kiểu; chính tả, nếu máy có hunspell-vi
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m tools.spelling

format: setup ## Định dạng mã nguồn
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

layers: setup ## Vẽ module nào dùng module nào, theo tầng, vào _build/imports.svg
	$(PY) -m tools.imports

lock: setup environment.yml ## Tính lại requirements*.txt và environment.yml (cần mạng); nâng bản: ARGS=--upgrade
	sh tools/lock.sh requirements.txt $(ARGS)
	sh tools/lock.sh requirements-bench.txt $(ARGS)

environment.yml: setup
	$(PY) -m pyproject2conda project

setup: ## Chỉ cài đặt vào .venv
	@sh tools/setup.sh

clean: ## Xóa .venv và mọi thứ sinh ra (không xóa bộ nhớ đệm ảnh)
	rm -rf .venv _build build ./*.egg-info .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -prune -exec rm -rf {} +
