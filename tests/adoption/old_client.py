"""A client of the old backend, which knows nothing of the move."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.adoption.seed_rows import PASSWORD, USERS

ANN, BOB, GONE = USERS


@dataclass
class OldClient:
    """What it was told so far has to stay true: its token, its notes and their numbers."""

    token: str = ""
    notes: list[dict[str, Any]] = field(default_factory=list)

    def begin(self, http: httpx.Client) -> None:
        self.token = log_in(http, ANN)
        self.notes = get(http, self.token, "/notes")
        assert [note["title"] for note in self.notes] == [f"{ANN} {number}" for number in range(3)]

    def use(self, http: httpx.Client) -> None:
        """Send what clients send, and expect what they got before the move."""
        assert http.get("/healthz").json() == {"status": "ok"}
        for token in (log_in(http, ANN), self.token):
            assert get(http, token, "/me") == {"id": 1, "email": ANN}
            assert get(http, token, "/labels") == [{"id": 1, "name": "home"}]
            assert get(http, token, "/notes") == self.notes
            for note in self.notes:
                assert get(http, token, f"/notes/{note['id']}") == note
            self.write(http, token)
        self.see_others(http)

    def write(self, http: httpx.Client, token: str) -> None:
        """Leave a note there, which the next release has to have."""
        kept, gone = [
            http.post("/notes", headers=bearer(token), json={"title": title, "label_id": 1})
            for title in ("kept", "gone")
        ]
        assert (kept.status_code, gone.status_code) == (201, 201)
        assert kept.json()["id"] > max(note["id"] for note in self.notes)
        url = f"/notes/{gone.json()['id']}"
        assert http.delete(url, headers=bearer(token)).status_code == 204
        assert http.get(url, headers=bearer(token)).status_code == 404
        self.notes.append(kept.json())
        assert get(http, token, "/notes") == self.notes

    def see_others(self, http: httpx.Client) -> None:
        bob = log_in(http, BOB)
        assert [note["title"] for note in get(http, bob, "/notes")] == [
            f"{BOB} {n}" for n in range(3)
        ]
        assert http.get(f"/notes/{self.notes[0]['id']}", headers=bearer(bob)).status_code == 404
        for login in ({"email": ANN, "password": "wrong"}, {"email": "x@y.z", "password": "x"}):
            refused = http.post("/login", json=login)
            assert (refused.status_code, refused.json()["detail"]) == (
                401,
                "Wrong email or password",
            )
        disabled = http.post("/login", json={"email": GONE, "password": PASSWORD})
        token = disabled.json().get("access_token", "none")
        assert http.get("/me", headers=bearer(token)).status_code == 401


def log_in(http: httpx.Client, email: str) -> str:
    response = http.post("/login", json={"email": email, "password": PASSWORD})
    assert response.status_code == 200, response.text
    return str(response.json()["access_token"])


def get(http: httpx.Client, token: str, path: str) -> Any:
    response = http.get(path, headers=bearer(token))
    assert response.status_code == 200, f"{path}: {response.status_code} {response.text}"
    return response.json()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
