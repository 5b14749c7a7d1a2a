"""What a machine may lack. Its tests are skipped there and the run says so; in CI they fail."""

import pytest

from tools.ensure_servers import SERVERS, absent


def unchecked() -> list[str]:
    """Return a line for each that is absent."""
    return [
        f"{server.name} is NOT checked: not found here; {server.remedy}"
        for server in absent()
        if not server.required
    ]


def program_of(name: str) -> str:
    """Return the program, or skip the test that needs it."""
    server = next(server for server in SERVERS if server.name == name)
    if program := server.program_file():
        return program
    reason = f"NO {name.upper()}: {server.remedy}"
    if server.needed:
        pytest.fail(reason)
    pytest.skip(reason)
