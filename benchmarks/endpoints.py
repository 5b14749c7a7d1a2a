"""What is measured: the requests, the same for the service and for the bare app."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tests.support.processes import EMAIL, PASSWORD

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
TOKEN = {"Authorization": "Bearer $token"}


@dataclass(frozen=True)
class Endpoint:
    """A request, in which `$name` is a value of the target, or a new `$number` or `$address`.

    `takes` are the fields of a response that the next request of the same kind needs. `beside` is
    the endpoint that is kept busy meanwhile; `baseline` is the bare app's, to compare with.
    """

    key: str
    title: str
    path: str
    method: str = "GET"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    connections: int = 32
    takes: tuple[str, ...] = ()
    beside: str = ""
    baseline: str = ""
    # Sent to a service that has the default limits, and has refused this client already.
    refused: bool = False

    @property
    def compared_with(self) -> str:
        return self.baseline or self.key


ITEMS = "/api/v1/items"
SIGN_IN = Endpoint(
    "sign_in",
    "sign-in",
    "/api/v1/auth/token",
    method="POST",
    headers=FORM,
    body=f"grant_type=password&username={EMAIL}&password={PASSWORD}".replace(" ", "+"),
    connections=4,
)
CREATE = '{"name": "Lamp $number", "description": "A lamp for the desk"}'
UPDATE = '{"description": "A lamp for the desk, number $number"}'

ENDPOINTS = {
    endpoint.key: endpoint
    for endpoint in (
        Endpoint("health", "`/health/live`", "/health/live"),
        Endpoint("me", "`/auth/me`", "/api/v1/auth/me", headers=TOKEN),
        Endpoint("list", "list of 50", ITEMS, headers=TOKEN),
        Endpoint("deep_list", "list of 50, deep", f"{ITEMS}?limit=50&after=$deep", headers=TOKEN),
        Endpoint("create", "create", ITEMS, "POST", 201, TOKEN | JSON, CREATE),
        Endpoint(
            "create_once",
            "create with `Idempotency-Key`",
            ITEMS,
            "POST",
            201,
            TOKEN | JSON | {"Idempotency-Key": "key-$number"},
            CREATE,
        ),
        Endpoint(
            "update",
            "update with `If-Match`",
            f"{ITEMS}/$id",
            method="PATCH",
            headers=TOKEN | JSON | {"If-Match": '"$etag"'},
            body=UPDATE,
            takes=("id", "etag"),
        ),
        SIGN_IN,
        Endpoint(
            "refresh",
            "refresh",
            "/api/v1/auth/token",
            method="POST",
            headers=FORM,
            body="grant_type=refresh_token&refresh_token=$refresh_token",
            connections=8,
            takes=("refresh_token",),
        ),
        Endpoint("denied", "a 429", ITEMS, status=429, baseline="health", refused=True),
        Endpoint("unknown", "a 404", "/api/v1/unknown", status=404),
        Endpoint(
            "health_beside_sign_ins",
            "`/health/live` beside 4 sign-ins",
            "/health/live",
            connections=2,
            beside="sign_in",
        ),
    )
}
# What nobody has who is not there, from many addresses: each one is a client for the limits.
STRANGERS = replace(ENDPOINTS["unknown"], key="strangers", headers={"X-Forwarded-For": "$address"})
# What is measured with traces, too; probes have none.
TRACED = ("me", "list", "create")
# Whose tail is judged: what waits for the database.
DATABASE = ("me", "list", "deep_list", "create", "create_once", "update")
