"""Traces: where they are sent, and how many. Names and values are those of OpenTelemetry."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from app.core.settings import project
from app.core.settings.errors import SettingError
from app.core.settings.group import SettingsGroup
from app.core.settings.urls import PublicUrl

# In values what W3C Baggage allows: OpenTelemetry logs a header that has more, with its value.
_HEADER = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+=[!#-+\--:<-\[\]-~]*"


def _check_headers(headers: SecretStr) -> SecretStr:
    if not re.fullmatch(f"{_HEADER}(,{_HEADER})*", headers.get_secret_value()):
        raise SettingError(
            "must be names and values, as in api-key=abc,tenant=shop; write blanks as %20, and so on"
        )
    return headers


class TracingSettings(SettingsGroup):
    otel_exporter_otlp_endpoint: PublicUrl | None = None
    otel_exporter_otlp_headers: Annotated[SecretStr, AfterValidator(_check_headers)] | None = None
    otel_service_name: str = Field(default=project.SLUG, min_length=1, max_length=200)
    otel_traces_sampler: Literal["parentbased_traceidratio", "traceidratio"] = (
        "parentbased_traceidratio"
    )
    otel_traces_sampler_arg: float = Field(default=0.1, ge=0, le=1, allow_inf_nan=False)
