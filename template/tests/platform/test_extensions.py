"""What app/extensions.py adds fits what routes and commands of the service need."""

from fastapi import FastAPI

from app.__main__ import commands
from app.extensions import extensions
from tests.platform.operations import opened_by


def test_every_resource_that_a_route_names_is_opened(app: FastAPI) -> None:
    missing = {kind.__name__ for kind in opened_by(app) - extensions.resources.keys()}

    assert missing == set(), "Open these in `resources` of app/extensions.py"


def test_no_two_commands_have_the_same_name() -> None:
    functions = [each.callback for each in commands.registered_commands if each.callback]
    names = [function.__name__ for function in functions]

    assert sorted(set(names)) == sorted(names), "Only the last one of a name can be run"
