"""Tokens that have been verified: the work of a signature is done once for each of them."""

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from typing import Generic, TypeVar

MAX_TOKENS = 4096

SaidT = TypeVar("SaidT")


class VerifiedTokens(Generic[SaidT]):
    """Remembers what the last tokens say, by a hash: no token stays in memory.

    It belongs to the keys that verify, and ends with them. Invalid tokens are not remembered.
    """

    def __init__(self, verify: Callable[[str], SaidT], size: int = MAX_TOKENS) -> None:
        self._verify = verify
        self._size = size
        self._said: OrderedDict[bytes, SaidT] = OrderedDict()

    def read(self, token: str) -> SaidT:
        """Returns what the token says; raises what `verify` raises."""
        digest = sha256(token.encode("utf-8", "surrogatepass")).digest()
        said = self._said.get(digest)
        if said is None:
            said = self._verify(token)
            if len(self._said) >= self._size:
                self._said.popitem(last=False)
            self._said[digest] = said
        return said
