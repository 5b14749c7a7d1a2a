import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer, use_span
from starlette.background import BackgroundTask, BackgroundTasks

from app.services.mailer import ConsoleMailer, Mail
from app.tracing.background import background_traced

MAIL = Mail(to="ann@example.com", subject="Lamps", text="Lamps.")


class Report:
    async def __call__(self, name: str) -> None:
        raise LookupError(name)


async def test_each_task_has_a_span_named_by_its_function(
    tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    parent = tracer.start_span("request")
    parent.end()
    exported.clear()
    tasks = BackgroundTasks()
    tasks.add_task(ConsoleMailer().send, MAIL)
    tasks.add_task(sorted, [2, 1])
    # The response is sent, and its span has ended.
    with background_traced(tracer), use_span(parent):
        await tasks()

    spans = exported.get_finished_spans()
    assert [span.name for span in spans] == [
        "background app.services.mailer.ConsoleMailer.send",
        "background builtins.sorted",
    ]
    assert all(span.parent == parent.get_span_context() for span in spans)
    assert not any(MAIL.to in span.to_json() for span in spans)


async def test_a_task_that_fails_says_with_what(
    tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    parent = tracer.start_span("request")
    with background_traced(tracer), use_span(parent), pytest.raises(LookupError):
        await BackgroundTask(Report(), "secret")()

    [span] = exported.get_finished_spans()
    assert span.name.endswith("test_background.Report")
    assert span.attributes is not None
    assert span.attributes["error.type"] == "LookupError"
    assert "secret" not in span.to_json()


async def test_a_task_of_no_recorded_request_has_none(
    tracer: Tracer, exported: InMemorySpanExporter
) -> None:
    with background_traced(tracer):
        await BackgroundTask(sorted, [2, 1])()

    assert exported.get_finished_spans() == ()
