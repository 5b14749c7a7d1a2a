"""How large bodies may be, and what JSON in them may cost."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.http.paths import compile_paths

# What a form has at most. A route or router may allow more with FastAPI's `form_limits`.
FORM_LIMITS = {"max_fields": 100, "max_files": 10, "max_part_size": 65_536}

# What the parsers can do.
MAX_DEPTH = 200


@dataclass(frozen=True, slots=True)
class JSONLimits:
    """What bounds the time to read JSON: its bytes, its nesting, and how many values it has.

    Raises:
        ValueError: no JSON could be read.
    """

    max_bytes: int = 262_144
    max_depth: int = 32
    max_values: int = 5_000

    def __post_init__(self) -> None:
        if min(self.max_bytes, self.max_depth, self.max_values) < 1:
            raise ValueError("each limit of JSON is 1 or more")
        if self.max_depth > MAX_DEPTH:
            raise ValueError(f"JSON nests at most {MAX_DEPTH} levels")


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """A limit of its own for the bodies of a group of paths, such as uploads.

    A path stands for itself and for what is below it, `{...}` in it for any one segment. JSON has
    the limits of the settings unless `json` names others.

    Raises:
        ValueError: no body would be accepted, or no path has the limit.
    """

    max_bytes: int
    paths: tuple[str, ...]
    json: JSONLimits | None = None

    def __post_init__(self) -> None:
        if self.max_bytes < 1:
            raise ValueError(f"{self.paths}: a body limit is 1 byte or more")
        if not self.paths or not all(path.startswith("/") for path in self.paths):
            raise ValueError(f"{self.paths}: name the paths of a body limit, each from its '/' on")


class BodyLimits:
    """The first limit that has the path of a request is the request's, and no other."""

    def __init__(self, own: Sequence[BodyLimit], *, max_bytes: int, json: JSONLimits) -> None:
        self._json = json
        default = BodyLimit(max_bytes, paths=("/",))
        self._limits = [(compile_paths(each.paths), each) for each in (*own, default)]

    def find_max_bytes(self, path: str) -> int:
        return self._find(path).max_bytes

    def find_json(self, path: str) -> JSONLimits:
        return self._find(path).json or self._json

    def _find(self, path: str) -> BodyLimit:
        return next(limit for paths, limit in self._limits if paths.fullmatch(path))
