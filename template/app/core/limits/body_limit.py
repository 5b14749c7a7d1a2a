from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """A limit of its own for the bodies of a group of paths, such as uploads.

    A path stands for itself and for what is below it, `{...}` in it for any one segment.

    Raises:
        ValueError: no body would be accepted, or no path has the limit.
    """

    max_bytes: int
    paths: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.max_bytes < 1:
            raise ValueError(f"{self.paths}: a body limit is 1 byte or more")
        if not self.paths or not all(path.startswith("/") for path in self.paths):
            raise ValueError(f"{self.paths}: name the paths of a body limit, each from its '/' on")
