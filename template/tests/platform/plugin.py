"""Loads the fixtures. They import the app, and coverage counts only what is imported after its start."""

import pytest


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    early_config.pluginmanager.import_plugin("tests.platform.fixtures")
