"""What every log line and audit event of a request has."""

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
# Whether the client chose the id: then it may be that of another request.
request_id_from_client: ContextVar[bool] = ContextVar("request_id_from_client", default=False)
client_address: ContextVar[str | None] = ContextVar("client_address", default=None)
