"""What a client has seen of a row that it changes (RFC 9110, section 13)."""

from dataclasses import dataclass

from app.core.errors import PreconditionFailedError


@dataclass(frozen=True, slots=True)
class Precondition:
    """The versions that a change is meant for; None for whichever there is."""

    versions: frozenset[str] | None = None

    def require(self, version: int) -> None:
        """Call it when nobody else can change the row any more.

        Raises:
            PreconditionFailedError: the row has another version, which the client has not seen.
        """
        if self.versions is not None and str(version) not in self.versions:
            raise PreconditionFailedError("This was changed meanwhile: read it again")
