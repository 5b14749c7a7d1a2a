"""Whether secrets could be guessed. Names are told, values never."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

MIN_SECRET_BYTES = 32
# Texts of examples and placeholders, too long to stand in a random one by chance.
_EXAMPLES = (
    "changeme",
    "change-me",
    "change_me",
    "change-this",
    "change_this",
    "default",
    "development",
    "example",
    "insecure",
    "password",
    "placeholder",
    "postgres",
    "secret",
)
# How many different steps lead from one character to the next: 13 and more in random texts of that
# length, a few in repetitions and in rows of the alphabet.
_FEWEST_STEPS = 10

# A variable and its value.
Secret = tuple[str, str]


def find_short(secrets: Sequence[Secret]) -> list[str]:
    return [
        f"{name}: has less than {MIN_SECRET_BYTES} bytes"
        for name, value in secrets
        if len(value.encode()) < MIN_SECRET_BYTES
    ]


def find_guessable(secrets: Sequence[Secret]) -> list[str]:
    return [
        f"{name}: can be guessed; make one at random"
        for name, value in secrets
        if is_an_example(value) or _steps(value) < _FEWEST_STEPS
    ]


def find_equal(secrets: Sequence[Secret]) -> list[str]:
    names = defaultdict(list)
    for name, value in secrets:
        names[value].append(name)
    return [f"{', '.join(equal)}: are equal" for equal in names.values() if len(equal) > 1]


def is_an_example(text: str) -> bool:
    lowered = text.lower()
    return any(example in lowered for example in _EXAMPLES)


def _steps(text: str) -> int:
    return len({ord(b) - ord(a) for a, b in pairwise(text)})
