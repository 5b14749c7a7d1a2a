"""The newer Pythons: a service is checked by each one that is found here.

The version that runs these tests is left to tests/test_renders.py. One that is not found is named
in the header of the run (tests/conftest.py), and is no failure: a machine with one Python can run
the suite, and CI runs it on each.
"""

import sys
from pathlib import Path

import pytest

from tests.support import pythons
from tests.support.pythons import (
    RUNNING,
    SUPPORTED,
    farthest_pythons,
    found_pythons,
    newest_python,
    other_pythons,
)
from tests.support.rendering import run
from tests.support.services import EVERYTHING, Services
from tests.support.suites import (
    FEWEST_SERVICE_TESTS,
    FEWEST_TESTS,
    UNMEASURED,
    results,
    service_suite,
)
from tests.support.template_files import template_files


@pytest.mark.parametrize("version", other_pythons())
def test_a_service_is_green_on(version: str, services: Services) -> None:
    service = services.installed(EVERYTHING.answers, found_pythons()[version])

    assert run(service, ".venv/bin/python", "--version").startswith(f"Python {version}.")
    assert results(services.check(service, UNMEASURED)).passed > FEWEST_TESTS


def test_the_platform_is_tested_on_the_farthest(services: Services) -> None:
    """The newest one runs it where coverage is measured: tests/template/test_service_suites.py."""
    for version in set(farthest_pythons()) - {newest_python()}:
        service = services.installed(EVERYTHING.answers, found_pythons()[version])

        assert service_suite(service).passed > FEWEST_SERVICE_TESTS, version


def test_services_say_that_they_run_on_the_oldest_version() -> None:
    assert f'requires-python = ">={SUPPORTED[0]}"' in template_files()["pyproject.toml.jinja"]


def test_this_version_is_supported() -> None:
    assert RUNNING in SUPPORTED
    assert found_pythons()[RUNNING] == sys.executable


def test_the_header_names_what_is_not_found(
    monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.setattr("tests.support.pythons.SUPPORTED", [*SUPPORTED, "3.99"])
    found_pythons.cache_clear()
    said = pytestconfig.hook.pytest_report_header(config=pytestconfig, start_path=Path())
    found_pythons.cache_clear()

    assert "NOT checked on 3.99" in str(said)


def test_a_shim_is_no_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pyenv has one on PATH for each version that is installed, switched on or not."""
    shim = tmp_path / "python3.99"
    shim.write_text("#!/bin/sh\necho 'python3.99: command not found' >&2; exit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))

    assert pythons._find("3.99") is None
    shim.write_text("#!/bin/sh\necho 3.99 /a/python3.99\n")
    assert pythons._find("3.99") == "/a/python3.99"
