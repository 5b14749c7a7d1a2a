"""Render a service, install it, start it and say how to sign in: `make demo`."""

import argparse
import signal
import socket
import sys

import yaml

from tools.demo_answers import DemoError, parse_answers, visible_questions
from tools.demo_service import HOST, SIGNALS, TEMPLATE, Demo, make, render, serving, sign_up


def main() -> int:
    # A script's background job is born deaf to SIGINT, and Python would leave it so.
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)
    try:
        run(read_arguments())
    except DemoError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
    return 0


def read_arguments() -> Demo:
    parser = argparse.ArgumentParser(prog="python -m tools.demo", description=__doc__)
    parser.add_argument("--port", default="8000")
    parser.add_argument("--data", default="", help="answers: name=value name=value")
    arguments = parser.parse_args()
    port = free_port(arguments.port)
    questions = visible_questions(yaml.safe_load((TEMPLATE / "copier.yml").read_text()))
    return Demo(parse_answers(arguments.data, questions), port)


def free_port(text: str) -> int:
    """Return the port that the text names.

    Raises:
        DemoError: it is no port, or nobody may listen on it now.
    """
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise DemoError(f"PORT is a number from 1 to 65535, not {text!r}.")
    with socket.socket() as probe:
        # Else the connections of a demo that has just stopped would still hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(text)))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise DemoError(
                f"Port {text} cannot be had ({reason}): choose one, as in PORT=9000."
            ) from error
    return int(text)


def run(demo: Demo) -> None:
    place = demo.folder.relative_to(TEMPLATE)
    if demo.folder.exists():
        say(1, f"Reusing the service in {place}")
    else:
        say(1, f"Rendering a service into {place}")
        render(demo)
    say(2, "Installing it")
    make(demo, "setup")
    say(3, "Making its tables")
    make(demo, "migrate" if (demo.folder / "alembic.ini").exists() else "tables")
    say(4, "Making its first owner")
    login = sign_up(demo)
    say(5, f"Starting it; its log goes to {demo.log.relative_to(TEMPLATE)}")
    with serving(demo) as stopped_by_itself:
        url = f"http://{HOST}:{demo.port}"
        print(f"\nURL: {url}\ndocs: {url}/docs\n{login}\nCtrl-C stops it.", flush=True)
        stopped_by_itself()


def say(number: int, text: str) -> None:
    print(f"[{number}/5] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
