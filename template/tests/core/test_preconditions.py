import pytest

from app.core.errors import PreconditionFailedError
from app.core.preconditions import Precondition


@pytest.mark.parametrize("versions", [None, frozenset({"3"}), frozenset({"2", "3"})])
def test_a_version_that_was_seen_is_fine(versions: frozenset[str] | None) -> None:
    Precondition(versions).require(3)


@pytest.mark.parametrize("versions", [(), ("2",), ("03",), ("3.0", "4")])
def test_another_version_is_refused(versions: tuple[str, ...]) -> None:
    with pytest.raises(PreconditionFailedError):
        Precondition(frozenset(versions)).require(3)
