"""What runs when and where, so that no worker waits for another."""

import pytest

# The files whose tests take longest, by the start of their path: they run first.
LONG = (
    "tests/template/test_service_suites.py",
    "tests/template/test_platform_tests.py",
    "tests/template/test_pythons.py",
    "tests/adoption/",
    "tests/updates/",
    "tests/template/test_recipes.py",
    "tests/template/test_demo.py",
    "tests/template/test_names.py",
    "tests/migrations/",
    "tests/processes/",
    "tests/attacks/",
    "tests/faults/",
    "tests/template/test_agents.py",
    "tests/template/test_platform_files.py",
    "tests/template/test_render_tests.py",
    "tests/template/test_renders.py",
)
# On two cores: a test waits at times, for a process that starts or a clock that it cannot move.
FEWEST_WORKERS = 3


def turn(item: pytest.Item) -> int:
    """Say when a test comes: the files above in their order, and then all others."""
    matching = (place for place, path in enumerate(LONG) if item.nodeid.startswith(path))
    return next(matching, len(LONG))


def shared_in_module(item: pytest.Item) -> str | None:
    """Name what a test shares with others through fixtures that its module makes once."""
    if not isinstance(item, pytest.Function):
        return None
    module = item.nodeid.partition("::")[0]
    own = {
        name
        for name, definitions in item._fixtureinfo.name2fixturedefs.items()
        if definitions[-1].scope == "module" and definitions[-1].baseid == module
    }
    given = item.callspec.params if hasattr(item, "callspec") else {}
    params = [str(given[name]) for name in sorted(own & given.keys())]
    return " ".join([module, *params]) if own else None
