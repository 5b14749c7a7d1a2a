"""Write the service's list of common passwords anew: `.venv/bin/uv run --no-project --with
zxcvbn==4.5.0 python -m tools.make_common_passwords`.

The list is zxcvbn's, by how often each was found in leaks. Its licence lies beside it.
"""

from importlib import import_module
from pathlib import Path

DATA = Path(__file__).parent.parent / "template" / "app" / "data"
# What app/core/credentials/password_policy.py looks for.
LENGTHS = range(8, 21)


def main() -> None:
    ranked = import_module("zxcvbn.frequency_lists").FREQUENCY_LISTS["passwords"]
    chosen = [password for password in ranked if len(password) in LENGTHS]
    text = "\n".join([*chosen, ""])
    (DATA / "common-passwords.txt").write_text(text, encoding="ascii")
    print(f"{len(chosen)} passwords")


if __name__ == "__main__":
    main()
