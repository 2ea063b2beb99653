"""cdse_access: what importing it costs, and that it asks for nothing before it is needed."""

import subprocess
import sys

import pytest

CLIENT = "from cdse_access import connect, load, fetch, status, logout"
SERVICE = "import cdse_offline.__main__, cdse_offline.server.application"


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("imports", [CLIENT, SERVICE])
def test_no_grammar_is_built_at_each_start(imports):
    """1.5 of 3.6 CPU seconds: pystac_client, pystac.validation, jsonschema, rfc3987_syntax, lark."""
    names = "{'rfc3987_syntax.syntax_helpers', 'lark'}"
    assert run(f"import sys; {imports}; print({names} & set(sys.modules))") == "set()"


def test_the_stopgap_is_still_needed():
    """Where this fails, pystac_client no longer builds the grammar: take the stopgap out of cdse_access."""
    assert run("import sys, pystac_client; print('rfc3987_syntax' in sys.modules)") == "True"


def test_the_package_itself_imports_nothing_heavy():
    heavy = "{'numpy', 'rasterio', 'xarray', 'pystac', 'odc', 'botocore', 'requests'}"
    assert run(f"import sys, cdse_access; print({heavy} & set(sys.modules))") == "set()"


def test_what_it_has_not_is_told_as_python_tells_it():
    import cdse_access

    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        cdse_access.nothing  # noqa: B018
