"""Begin a step of docs/adopting.md, and do what is mechanical in it: python3 tools/adopt.py 3.

It runs in the repository that is being moved, and takes Python alone. A command that it refuses has
changed nothing.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

# The step that was begun last; it is committed with what the step changes.
STATE = Path(".adopting")
# Where files go whose names the service has, too.
ASIDE = Path("before")
# Steps in which modules leave the old backend.
MOVING = (3, 8)
ANSWERS = ".copier-answers.yml"
MODULES = ("auth", "cache", "crud", "database", "main", "middleware", "models", "schemas")
# What each step expects, and what must not be there yet.
EXPECTED: dict[int, list[str]] = {
    1: ["backend/main.py", "backend/requirements.txt", "backend/tests"],
    2: [ANSWERS, "app/main.py"],
    3: [f"backend/{name}.py" for name in MODULES],
    4: ["backend/main.py", "app/extensions.py"],
    5: ["backend/main.py", "app/core/config.py"],
    6: ["backend/create_tables.py", "app/db/migrations/service", "alembic.ini"],
    7: ["app/db/migrations/service", "app/extensions.py"],
    8: [".github/workflows/ci.yml", "Dockerfile"],
    9: ["backend/main.py", "backend/requirements.txt", "uv.lock"],
}
USAGE = "Name a step of docs/adopting.md, 1 to 9, or `merge FOLDER`, `lacking`, `move` or `export`."


class RefusedError(Exception):
    """Says in one sentence why nothing was done."""


def main(arguments: list[str]) -> int:
    try:
        run(*arguments)
    except RefusedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def run(command: str = "", *values: str) -> None:
    match command, values:
        case step, () if step in map(str, EXPECTED):
            begin(int(step))
        case "merge", (fresh,):
            merge(Path(fresh))
        case "lacking", ():
            print(*lacking())
        case "move", (source, target):
            move(Path(source), Path(target))
        case "export", (source, *modules) if modules:
            export(Path(source), modules)
        case _:
            raise RefusedError(USAGE)


def begin(step: int) -> None:
    """Note that a step has begun, if it is its turn and all is there that it changes."""
    require_clean()
    done = int(STATE.read_text()) if STATE.exists() else 0
    if step != done + 1:
        raise RefusedError(f"The next step is {done + 1}, not {step}: {STATE} has the last one.")
    for name in EXPECTED[step]:
        if not Path(name).exists():
            raise RefusedError(f"Step {step} expects {name}, which is not there.")
    STATE.write_text(f"{step}\n")


def require_clean() -> None:
    if git("rev-parse", "--show-prefix").strip():
        raise RefusedError("Run this at the root of the repository.")
    if git("status", "--porcelain"):
        raise RefusedError("Commit or discard what has changed first: `git status` shows it.")


def merge(fresh: Path) -> None:
    """Bring a rendered service in; files of the same name go aside, with their history."""
    require_step(1)
    if not (fresh / ANSWERS).is_file():
        raise RefusedError(f"{fresh} is no service: Copier writes {ANSWERS} into each.")
    if ASIDE.exists() or (fresh / "backend").exists():
        raise RefusedError(f"Rename {ASIDE}/ first: files of the same name go there.")
    rendered = [path.relative_to(fresh) for path in sorted(fresh.rglob("*")) if path.is_file()]
    ours = set(git("ls-files", "-z").split("\0"))
    for name in rendered:
        if name.exists() and name.as_posix() not in ours:
            raise RefusedError(f"{name} is ignored by git and would be overwritten: rename it.")
    for name in rendered:
        if name.as_posix() in ours:
            (ASIDE / name).parent.mkdir(parents=True, exist_ok=True)
            git("mv", name.as_posix(), (ASIDE / name).as_posix())
            print(f"{name} is now {ASIDE / name}")
    shutil.copytree(fresh, ".", dirs_exist_ok=True)


def lacking() -> list[str]:
    """Return the lines of backend/requirements.txt that the service does not require already."""
    have = {project_name(line) for line in re.findall(r'^ +"(.+)",', read("pyproject.toml"), re.M)}
    lines = [
        line.partition("#")[0].strip() for line in read("backend/requirements.txt").split("\n")
    ]
    return [line for line in lines if line and project_name(line) not in have]


def project_name(requirement: str) -> str:
    """Return the normalized name; httpx is httpx2 here."""
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    name = re.sub(r"[-_.]+", "-", name).lower()
    return {"httpx": "httpx2"}.get(name, name)


def move(source: Path, target: Path) -> None:
    """Move a module, and leave a line in its place that exports what was there."""
    require_step(*MOVING)
    for path, wanted in ((source, True), (target, False)):
        if path.exists() is not wanted:
            raise RefusedError(f"{path} is {'not there' if wanted else 'there already'}.")
    target.parent.mkdir(parents=True, exist_ok=True)
    git("mv", str(source), str(target))
    export(source, [module_name(target)])


def export(source: Path, modules: list[str]) -> None:
    """Replace a module of the old backend by lines that export what other modules have."""
    require_step(*MOVING)
    for module in modules:
        if not Path(*module.split(".")).with_suffix(".py").exists():
            raise RefusedError(f"There is no module {module}: write it first.")
    source.write_text("".join(f"from {module} import *\n" for module in modules))


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def require_step(first: int, last: int | None = None) -> None:
    if not STATE.exists() or not first <= int(STATE.read_text()) <= (last or first):
        raise RefusedError(f"This belongs to step {first}: begin it first.")


def read(name: str) -> str:
    if not Path(name).is_file():
        raise RefusedError(f"{name} is not there: run this at the root of the repository.")
    return Path(name).read_text(encoding="utf-8")


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise RefusedError(f"git refused: {done.stderr.strip().splitlines()[0]}.")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
