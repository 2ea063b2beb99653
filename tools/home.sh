#!/bin/sh
# Print the home that the commands of make use: the user's own, or .home in the project where that cannot be written.
# JupyterLab would end with a traceback there. Run from the project's folder.
own=${HOME:-}
try=$own/.cdse-try-$$

can_be_written() { [ -n "$own" ] && [ -d "$own" ] && (printf '%4096s' '' >"$try") 2>/dev/null; }

if can_be_written; then
    printf '%s\n' "$own"
elif mkdir -p .home 2>/dev/null && [ -w .home ]; then
    printf '%s\n' "Chú ý: không ghi được vào thư mục nhà (${own:-chưa đặt HOME}), nên JupyterLab và ảnh đã cất dùng $PWD/.home" >&2
    printf '%s\n' "$PWD/.home"
else
    printf '%s\n' "$own"
fi
rm -f "$try" 2>/dev/null
exit 0
