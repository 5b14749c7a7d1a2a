"""Groups of paths, as tables of limits name them."""

import re
from collections import defaultdict
from collections.abc import Collection, Sequence


def compile_paths(paths: Sequence[str]) -> re.Pattern[str]:
    """Returns what matches each path and all below it; `{...}` stands for any one segment."""
    either = "|".join(map(_to_regex, paths))
    return re.compile(f"(?:{either})(?:/.*)?", re.DOTALL)


def compile_operations(operations: Collection[str]) -> dict[str, re.Pattern[str]]:
    """Returns for each method what matches its paths, and nothing below them."""
    paths = defaultdict(list)
    for operation in operations:
        method, path = operation.split()
        paths[method].append(_to_regex(path))
    return {method: re.compile("|".join(regexes)) for method, regexes in paths.items()}


def _to_regex(path: str) -> str:
    segments = path.strip("/").split("/")
    return "".join(f"/{_segment_to_regex(segment)}" for segment in segments if segment)


def _segment_to_regex(segment: str) -> str:
    if segment.startswith("{") and segment.endswith(":path}"):
        return ".*"
    return "[^/]+" if re.fullmatch(r"\{.+\}", segment) else re.escape(segment)
