"""Read what a person writes in `make demo DATA="..."`."""

import hashlib
import re
import shlex
from typing import Any

YES_OR_NO = {"true", "false", "yes", "no"}


class DemoError(Exception):
    """What went wrong, in one sentence for the person who typed the command."""


def parse_answers(text: str, questions: dict[str, Any]) -> dict[str, str]:
    """Split `use_redis=false project_slug=x`.

    Raises:
        DemoError: it is no list of answers to these questions. Copier itself takes unknown names
            in silence, and any text for a yes.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise DemoError(f"DATA cannot be read: {error}.") from error
    answers = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise DemoError(f"DATA is a list of name=value, and {word!r} has no '='.")
        if name not in questions:
            raise DemoError(f"There is no question {name!r}; there are {', '.join(questions)}.")
        if questions[name].get("type") == "bool" and value.lower() not in YES_OR_NO:
            raise DemoError(f"The answer to {name} is true or false, not {value!r}.")
        answers[name] = value
    return answers


def visible_questions(configuration: dict[str, Any]) -> dict[str, Any]:
    """Pick from copier.yml what a person is asked."""
    return {
        name: question
        for name, question in configuration.items()
        if not name.startswith("_") and question.get("when") is not False
    }


def demo_name(answers: dict[str, str]) -> str:
    """Name a folder after the answers: readable, and different for different answers."""
    if not answers:
        return "default"
    exact = "--".join(f"{name}-{value}" for name, value in sorted(answers.items()))
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", exact)[:80]
    if name == exact:
        return name
    return f"{name}-{hashlib.sha256(exact.encode()).hexdigest()[:8]}"
