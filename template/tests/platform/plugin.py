"""Loads the fixtures. They import the app, and coverage counts only what is imported after its start."""

import asyncio
from collections.abc import Generator
from functools import partial
from inspect import iscoroutinefunction
from typing import Any

import pytest


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    early_config.pluginmanager.import_plugin("tests.platform.fixtures")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Fails a test that waits for a route without an end, at half the time that ends the whole run."""
    if iscoroutinefunction(pyfuncitem.obj):
        seconds = float(pyfuncitem.config.getini("timeout")) / 2
        pyfuncitem.obj = partial(within, seconds, pyfuncitem.obj)
    return (yield)


async def within(seconds: float, test: Any, **arguments: Any) -> None:
    async with asyncio.timeout(seconds):
        await test(**arguments)
