"""Where an OpenTelemetry collector is and what it wants to be told, from the variables every exporter reads.

https://opentelemetry.io/docs/specs/otel/protocol/exporter/
"""

from collections.abc import Mapping
from urllib.parse import unquote, urlsplit, urlunsplit

from llmcost.domain.errors import UsageError

FROM_ENVIRONMENT = "env"
_PATH = "/v1/metrics"


def address(endpoint: str, environment: Mapping[str, str]) -> str:
    """The address metrics are posted to.

    A collector's own address gets the path of metrics; one with a path of its own is taken as it is. Raises UsageError
    where the environment says nothing, or for what is no address.
    """
    if endpoint == FROM_ENVIRONMENT:
        exact = environment.get("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")
        if exact:
            return exact
        endpoint = environment.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")
        if not endpoint:
            raise UsageError(
                "neither OTEL_EXPORTER_OTLP_METRICS_ENDPOINT nor OTEL_EXPORTER_OTLP_ENDPOINT is set",
                hint="name the collector, such as --endpoint http://localhost:4318",
            )
        # The standard has the path appended to whatever this one says.
        return f"{endpoint.rstrip('/')}{_PATH}"
    parts = urlsplit(endpoint)
    if not parts.scheme or not parts.netloc:
        raise UsageError(f"--endpoint {endpoint!r} is no address", hint="such as http://localhost:4318")
    return urlunsplit(parts._replace(path=_PATH)) if parts.path in {"", "/"} else endpoint


def named_by(endpoint: str, environment: Mapping[str, str]) -> str:
    """What says where the collector is: the option, or a variable."""
    if endpoint != FROM_ENVIRONMENT:
        return "--endpoint"
    exact = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"
    return exact if environment.get(exact) else "OTEL_EXPORTER_OTLP_ENDPOINT"


def headers(environment: Mapping[str, str]) -> dict[str, str]:
    """Headers of the variable for metrics, or else of the one for all signals: `name=value,name=value`, percent-encoded."""
    text = environment.get("OTEL_EXPORTER_OTLP_METRICS_HEADERS") or environment.get("OTEL_EXPORTER_OTLP_HEADERS") or ""
    found = {}
    for pair in text.split(","):
        name, equals, value = pair.partition("=")
        if not pair.strip():
            continue
        if not equals or not name.strip():
            raise UsageError(
                "OTEL_EXPORTER_OTLP_HEADERS is not a list of name=value", hint="separate several with commas"
            )
        found[name.strip()] = unquote(value.strip())
    return found
