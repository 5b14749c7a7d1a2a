import pytest

from app.core.errors import PreconditionFailedError
from app.core.http.preconditions import Precondition


@pytest.mark.parametrize("etags", [None, frozenset({"a-3"}), frozenset({"a-2", "a-3"})])
def test_a_version_that_was_seen_is_fine(etags: frozenset[str] | None) -> None:
    Precondition(etags).require("a-3")


@pytest.mark.parametrize("etags", [(), ("a-2",), ("b-3",), ("a-03", "a-4")])
def test_another_version_is_refused(etags: tuple[str, ...]) -> None:
    with pytest.raises(PreconditionFailedError):
        Precondition(frozenset(etags)).require("a-3")
