"""What a client has seen of a row that it changes (RFC 9110, section 13)."""

from dataclasses import dataclass

from app.core.errors import PreconditionFailedError


@dataclass(frozen=True, slots=True)
class Precondition:
    """The entity tags of what a change is meant for; None for whatever is there."""

    etags: frozenset[str] | None = None

    def require(self, etag: str) -> None:
        """Call it when the row is locked.

        Raises:
            PreconditionFailedError: the row has another tag: the client has not seen it as it is.
        """
        if self.etags is not None and etag not in self.etags:
            raise PreconditionFailedError("This was changed meanwhile: read it again")
