"""The release of the platform that this service was made from, or updated to last."""

import re
from pathlib import Path

ANSWERS = Path(__file__).parents[3] / ".copier-answers.yml"


def read_platform_version(answers: Path) -> str:
    """Returns what Copier wrote down; `unknown` where the file was left out."""
    try:
        text = answers.read_text(encoding="utf-8")
    except OSError:
        return "unknown"
    written = re.search(r"^_commit: *['\"]?([^\s'\"]+)", text, re.MULTILINE)
    return written[1] if written else "unknown"


PLATFORM_VERSION = read_platform_version(ANSWERS)
