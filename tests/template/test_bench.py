"""What `make bench` judges by, and what it reads; how fast anything is, it says itself."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks import client, wrk
from benchmarks.arguments import Arguments, BenchError, read_arguments
from benchmarks.endpoints import DATABASE, ENDPOINTS, Endpoint
from benchmarks.judging import Ratio, paired, percentile
from benchmarks.load import Load, Outcome, has_wrk
from benchmarks.measuring import Series, Slice, rotated
from benchmarks.rendering import export
from benchmarks.report import compare, table
from tests.support.rendering import ROOT, clean_environment, git


class Chain(BaseHTTPRequestHandler):
    """Each response says the next number, which the next request has to name."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.seen.append(sent)  # type: ignore[attr-defined]
        body = json.dumps({"number": f"{len(sent)}", "next": f"{sent}x"[:8]}).encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def chain() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Chain) as server:
        server.seen = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def load(server: ThreadingHTTPServer, **fields: object) -> Load:
    endpoint = Endpoint("made", "made", "/", "POST", 201, connections=2, **fields)  # type: ignore[arg-type]
    url = f"http://127.0.0.1:{server.server_port}"
    return Load(url, endpoint, {"token": "secret"}, "run", chain=[{"next": "a"}, {"next": "b"}])


def sliced(rate: int, cpu_us: float = 100.0) -> Slice:
    return Slice(Outcome(rate, 1.0, p50=2.0, p99=4.0, failed=0), cpu_us)


def test_ratios_are_paired_by_round() -> None:
    """When the machine is half as fast in a round, it is so for both."""
    ratio = paired([90, 45, 99], [100, 50, 100])

    assert ratio.median == pytest.approx(0.9)
    assert (ratio.low, ratio.high) == pytest.approx((0.9, 0.945))
    assert str(Ratio(0.9, 0.85, 0.94)) == "0.90 (0.85-0.94)"


def test_rounds_that_do_not_pair_are_no_ratio() -> None:
    with pytest.raises(ValueError, match="zip"):
        paired([1, 2], [1])
    with pytest.raises(ValueError, match="nothing was measured"):
        paired([], [])
    assert paired([1], [2]) == Ratio(0.5, 0.5, 0.5)


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [
        (Ratio(1.2, 1.1, 1.3), "faster"),
        (Ratio(1.2, 0.9, 1.3), "same"),
        (Ratio(1.04, 1.01, 1.1), "same"),
        (Ratio(0.8, 0.7, 0.9), "slower"),
        (Ratio(0.8, 0.7, 1.0), "same"),
        (Ratio(0.96, 0.9, 0.99), "same"),
    ],
)
def test_a_verdict_takes_more_than_noise_and_most_rounds(ratio: Ratio, verdict: str) -> None:
    assert ratio.verdict == verdict


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([float(number) for number in range(1, 201)], 99) == 198
    assert percentile([1.0, 2.0, 3.0], 50) == 2
    assert percentile([7.0], 99) == 7
    assert percentile([], 99) == 0


def test_no_target_is_always_the_first() -> None:
    assert ["".join(rotated("abc", number)) for number in range(4)] == ["abc", "bca", "cab", "abc"]


def test_a_comparison_names_what_got_slower() -> None:
    series = Series()
    for key in ENDPOINTS:
        for name, rate in (("bare", 200), ("redis", 80 if key == "me" else 100), ("ref", 100)):
            series.of(name, key).extend([sliced(rate), sliced(rate)])
    lines = compare(series, "redis", "ref").splitlines()
    slower = [line for line in lines if " slower " in line]

    assert len(lines) == 2 + len(ENDPOINTS)
    assert len(slower) == 1
    assert "`/auth/me`" in slower[0]
    assert "0.80 (0.80-0.80)" in slower[0]
    assert "0.40 (0.40-0.40)" in slower[0]


def test_a_429_is_compared_with_the_health_of_the_bare_app() -> None:
    series = Series()
    series.of("redis", "denied").append(sliced(50))
    series.of("bare", "health").append(sliced(100))

    assert series.ratio("redis", "bare", ENDPOINTS["denied"]).median == 0.5


def test_a_table_can_be_read_as_it_is() -> None:
    assert table(["", "much"], [["a", "1"], ["long", "2"]]).splitlines() == [
        "|      | much |",
        "| ---- | ---- |",
        "| a    | 1    |",
        "| long | 2    |",
    ]


def test_every_endpoint_that_is_named_is_there() -> None:
    named = {name for each in ENDPOINTS.values() for name in (each.compared_with, each.beside)}

    assert named | set(DATABASE) <= {*ENDPOINTS, ""}


def test_a_line_of_wrk_is_read() -> None:
    line = "Running 1s test\nRESULT 1000 2000000 10 5 1500 4500\n"

    assert wrk.read(line, expects_error=False) == Outcome(1000, 2.0, 1.5, 4.5, failed=15)
    # Of a 429, the responses that are no error are the failures.
    assert wrk.read(line, expects_error=True).failed == 995
    with pytest.raises(ValueError, match="did not say"):
        wrk.read("unable to connect", expects_error=False)


def test_the_next_request_takes_what_the_response_said(chain: ThreadingHTTPServer) -> None:
    outcome = client.drive(load(chain, body="$next", takes=("next",)))
    seen: list[str] = chain.seen  # type: ignore[attr-defined]

    assert outcome.requests == len(seen) > 4
    assert outcome.failed == 0
    assert {"a", "ax", "axx", "b", "bx", "bxx"} <= set(seen)


def test_requests_have_a_number_each(chain: ThreadingHTTPServer) -> None:
    drivers = [client.drive, *([wrk.drive] if has_wrk() else [])]
    for drive in drivers:
        chain.seen.clear()  # type: ignore[attr-defined]
        outcome = drive(load(chain, body="$token $number"))
        seen: list[str] = chain.seen  # type: ignore[attr-defined]

        assert outcome.failed == 0
        assert len(set(seen)) == len(seen) >= outcome.requests > 1
        assert all(sent.startswith("secret run-") for sent in seen)


def test_another_status_is_a_failure(chain: ThreadingHTTPServer) -> None:
    endpoint = Endpoint("made", "made", "/", "POST", 200, body="x", connections=1)
    outcome = client.drive(Load(f"http://127.0.0.1:{chain.server_port}", endpoint, {}, "run"))

    assert outcome.failed == outcome.requests > 0


def test_arguments_are_read() -> None:
    head = git(ROOT, "rev-parse", "HEAD").strip()

    assert read_arguments(["--quick", "", "--against", ""]) == Arguments()
    assert read_arguments(["--quick", "1", "--against", "HEAD"]) == Arguments(True, head)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--quick", "yes"], "QUICK is 1 or nothing, not 'yes'."),
        (["--against", "no-branch"], "AGAINST names a commit, and 'no-branch' is none here."),
        (["--against", "--all"], "AGAINST names a commit, and '--all' is none here."),
        (["--against", "HEAD:template"], "AGAINST names a commit, and 'HEAD:template' is none"),
    ],
)
def test_a_wrong_argument_gets_one_sentence(given: list[str], said: str) -> None:
    with pytest.raises(BenchError) as caught:
        read_arguments([f"{given[0]}={given[1]}"])

    assert str(caught.value).startswith(said)


def test_the_command_says_it_without_a_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "2"],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "QUICK is 1 or nothing, not '2'.\n"


def test_a_commit_is_measured_as_it_was(tmp_path: Path) -> None:
    head = git(ROOT, "rev-parse", "HEAD").strip()
    export(head, tmp_path)

    assert (tmp_path / "copier.yml").read_text() == git(ROOT, "show", "HEAD:copier.yml")
    assert git(tmp_path, "status", "--porcelain") == ""
    assert git(tmp_path, "tag").strip() == "v999.0.0"
