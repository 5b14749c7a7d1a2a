"""An OAuth client library signs in to a real process, without a line that is made for us."""

from pathlib import Path

import pytest
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from tests.support.processes import EMAIL, PASSWORD, app, prepare, serving
from tests.support.rendering import Combination
from tests.support.services import EACH_EXTREME, Services

TOKEN = "/api/v1/auth/token"


@pytest.mark.parametrize("combination", EACH_EXTREME)
def test_a_client_signs_in_refreshes_and_is_refused_after_logout(
    combination: Combination, services: Services, tmp_path: Path
) -> None:
    service = services.installed(combination.answers)
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path}/data.db"}
    prepare(service, combination, environment)
    with serving(service, tmp_path / "log", app("serve"), **environment) as process:
        base = str(process.client.base_url)
        with OAuth2Session(
            "any client", token_endpoint=f"{base}{TOKEN}", token_endpoint_auth_method="none"
        ) as client:
            signed_in = client.fetch_token(f"{base}{TOKEN}", username=EMAIL, password=PASSWORD)
            assert client.get(f"{base}/api/v1/auth/me").json()["email"] == EMAIL

            refreshed = client.refresh_token(f"{base}{TOKEN}")
            assert refreshed["refresh_token"] != signed_in["refresh_token"]
            assert client.get(f"{base}/api/v1/auth/me").status_code == 200

            # The library itself renews a token that has expired.
            client.token["expires_at"] = 0
            assert client.get(f"{base}/api/v1/auth/me").status_code == 200
            assert client.token["access_token"] != refreshed["access_token"]

            assert client.post(f"{base}/api/v1/auth/logout").status_code == 204
            assert client.get(f"{base}/api/v1/auth/me").status_code == 401
            with pytest.raises(OAuthError, match="invalid_grant"):
                client.refresh_token(f"{base}{TOKEN}")
