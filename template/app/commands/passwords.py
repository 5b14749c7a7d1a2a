import secrets
import sys
from typing import Annotated

import typer

PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


def read_password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def make_password(min_length: int) -> str:
    return secrets.token_urlsafe(max(18, min_length))
