"""What `make bench` was asked for."""

import argparse
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEMPLATE = ("copier.yml", "template")


class BenchError(RuntimeError):
    """The message is one sentence for the person at the terminal."""


@dataclass(frozen=True)
class Arguments:
    """`against` is a commit, as its hash."""

    quick: bool = False
    against: str = ""


def read_arguments(given: list[str] | None = None) -> Arguments:
    """Read what make hands over.

    Raises:
        BenchError: a value is wrong.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", default="", help="1: fewer rounds and rows, three minutes")
    parser.add_argument("--against", default="", help="a commit to compare the working tree with")
    read = parser.parse_args(given)
    if read.quick not in {"", "0", "1"}:
        raise BenchError(f"QUICK is 1 or nothing, not {read.quick!r}.")
    return Arguments(read.quick == "1", find_commit(read.against) if read.against else "")


def find_commit(ref: str) -> str:
    """Return the hash of a commit that has a template.

    Raises:
        BenchError: there is no such commit, or it has no template.
    """
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if found.returncode != 0:
        raise BenchError(f"AGAINST names a commit, and {ref!r} is none here.")
    commit = found.stdout.strip()
    if any(_git("cat-file", "-e", f"{commit}:{name}").returncode != 0 for name in TEMPLATE):
        raise BenchError(f"AGAINST names a commit with a template, and {ref!r} has none.")
    return commit


def _git(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
