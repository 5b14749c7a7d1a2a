"""Runs the command that it is given, `copier update`, and says what is left to do after it.

Copier ends with 0 also when lines conflict, and writes over a file of the team's without a word.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ANSWERS = Path(".copier-answers.yml")
OPENAPI = Path("openapi.json")
ATTRIBUTES = Path(".gitattributes")
MARK = "linguist-generated"


def main(command: list[str]) -> None:
    check_template()
    own = own_files()
    if failed := subprocess.run(command, check=False).returncode:
        sys.exit(failed)
    # The release may have changed what is marked, and nothing else does.
    taken = own - own_files()
    conflicts = git("diff", "--diff-filter=U", "--name-only").splitlines()
    tell("Deleted by this release; `git show HEAD:FILE` has what you had changed", deleted())
    tell("Not here, so that what the release changes in them is lost", missing())
    tell("Yours, and now the platform's too: rename yours, `git show HEAD:FILE`", taken)
    tell("In conflict: look for <<<<<<<, resolve, `git add`", conflicts)
    if OPENAPI.exists():
        tell("In the API, as openapi.json has it", [] if conflicts else renew_openapi())
    sys.exit(bool(taken or conflicts))


def check_template() -> None:
    """Ends the update when Copier could not find the template from here."""
    answers = ANSWERS.read_text(encoding="utf-8") if ANSWERS.exists() else ""
    found = re.search(r"^_src_path: '?([^'\n]+)", answers, re.MULTILINE)
    if not found:
        sys.exit(
            f"{ANSWERS} is missing or does not say where the template is; restore it from git."
        )
    if not re.match(r"/|~|[\w+]+:|\S+@", found[1]) and not Path(found[1]).exists():
        sys.exit(
            f"This service was made from a relative path, {found[1]}, which leads nowhere from here. "
            f"Set _src_path in {ANSWERS} to the template's git address or absolute path, commit, "
            "and run `make update` again."
        )


def own_files() -> set[str]:
    """Names the tracked files that are not marked as the platform's."""
    names = git("ls-files", "-z")
    told = git("check-attr", "-z", "--stdin", MARK, text=names).split("\0")
    return {name for name, value in zip(told[::3], told[2::3], strict=False) if value != "set"}


def deleted() -> list[str]:
    return git("diff", "--diff-filter=D", "--name-only", "HEAD").splitlines()


def missing() -> Iterator[str]:
    lines = ATTRIBUTES.read_text(encoding="utf-8").splitlines()
    marked = (line.removesuffix(f" {MARK}") for line in lines if line.endswith(MARK))
    return (name for name in marked if "*" not in name and not Path(name).exists())


def renew_openapi() -> list[str]:
    """Describes the API with what the release demands, and returns what has changed."""
    made = subprocess.run(["make", "setup", "openapi"], check=False, stdout=subprocess.DEVNULL)
    if made.returncode:
        return ["it could not be written anew: `make setup openapi` says why"]
    compare = [sys.executable, "-m", "scripts.openapi.compare", "HEAD", "--changes"]
    return subprocess.run(compare, check=True, capture_output=True, text=True).stdout.splitlines()


def tell(what: str, names: Iterator[str] | list[str] | set[str]) -> None:
    if listed := sorted(names):
        print(f"\n{what}:", *listed, sep="\n  ", file=sys.stderr)


def git(*arguments: str, text: str | None = None) -> str:
    done = subprocess.run(
        ["git", *arguments], input=text, check=False, capture_output=True, text=True
    )
    return done.stdout if done.returncode == 0 else sys.exit(done.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
