"""For engineers: which models and endpoints cost, how large and how cached requests are, what fails and what is slow."""

from collections.abc import Iterator

from llmcost.compose.dashboards import _common, _savings
from llmcost.compose.dashboards._asking import Answer, Asking, Kind
from llmcost.ledger.groups import Group
from llmcost.reports.dashboard import Panel
from llmcost.reports.overview import grain_of

CACHE_TARGET = 0.7
_FIGURES = (
    "cost",
    "requests",
    "cost_per_request",
    "average_tokens_per_request",
    "cache_hit_rate",
    "error_rate",
    "latency_p50",
    "latency_p95",
)
_ENDPOINTS = ("endpoint", "feature", "workflow", "operation")
_SIZES = ("average_tokens_per_request", "average_input_tokens", "average_output_tokens")
_LATENCIES = ("latency_p50", "latency_p95", "latency_p99")
_TOP = 10
_MANY = 500
"""Models or endpoints looked at, the most expensive first."""
_NO_CACHE = "no request here says how much of its input was read from a cache"
_REQUESTS = 20
"""Below this a rate says little."""


def _panels(asking: Asking) -> Iterator[Panel]:
    yield _common.figures(asking, _FIGURES)
    endpoint = _common.first_used(asking, _ENDPOINTS)
    yield _common.coverage(
        asking,
        (endpoint, "feature", "team", "environment")
        if endpoint != "feature"
        else ("feature", "endpoint", "team", "environment"),
    )
    models = asking.grouped(
        "model",
        ["cost", "share", "requests", "cache_hit_rate", "input_tokens", "cache_read_input_tokens", *_LATENCIES],
        limit=_MANY,
    )
    endpoints = asking.grouped(endpoint, ["cost", "share", "requests", "error_rate", "failed_requests"], limit=_MANY)
    yield models.panel(
        "models", "Spend by model", "bars", ["cost", "share", "requests"], groups=models.groups[:_TOP], totals=True
    )
    yield endpoints.panel(
        "endpoints",
        f"Spend by {endpoint}",
        "bars",
        ["cost", "share", "requests"],
        groups=endpoints.groups[:_TOP],
        totals=True,
    )
    grain = grain_of(asking.first, asking.last)
    times = asking.grouped(grain, [*_SIZES, "cache_hit_rate", "requests"])
    yield times.panel(
        "tokens",
        "Tokens per request",
        "trend",
        _SIZES,
        beside=_SIZES[1:],
        about=f"Average of each {grain}: all tokens, and the input and output they are made of.",
    )
    yield times.panel(
        "cache-trend",
        "Cache hit rate",
        "trend",
        ["cache_hit_rate"],
        whole=1,
        target=CACHE_TARGET,
        empty=_NO_CACHE,
        about=f"Input read from the provider's cache, by {grain}, against {CACHE_TARGET:.0%}.",
    )
    yield from _savings.panels(asking)
    yield _cache(models)
    yield _errors(endpoints, endpoint)
    yield models.panel(
        "latency",
        "Latency by model",
        "table",
        [*_LATENCIES, "requests"],
        measure="latency_p50",
        beside=_LATENCIES[1:],
        groups=_timed(models.groups),
        about="Half of the requests are faster than p50; one in twenty is slower than p95, one in a hundred than p99.",
        empty="no log says how long a request took",
    )


def _cache(models: Answer) -> Panel:
    large = sorted(
        (group for group in models.groups if group.values["cache_hit_rate"] is not None),
        key=lambda group: -(group.values["input_tokens"] or 0),
    )
    return models.panel(
        "cache",
        "Cache hit rate by model",
        "gauge",
        ["cache_hit_rate", "cache_read_input_tokens", "input_tokens"],
        groups=large[:_TOP],
        totals=True,
        whole=1,
        target=CACHE_TARGET,
        about=f"Models with most input; the mark is the target of {CACHE_TARGET:.0%}.",
        empty=_NO_CACHE,
    )


def _errors(endpoints: Answer, name: str) -> Panel:
    large = sorted(
        (
            group
            for group in endpoints.groups
            if (group.values["requests"] or 0) >= _REQUESTS and group.values["error_rate"] is not None
        ),
        key=lambda group: (-(group.values["error_rate"] or 0), -(group.values["requests"] or 0)),
    )
    return endpoints.panel(
        "errors",
        f"Error rate by {name}",
        "bars",
        ["error_rate", "failed_requests", "requests"],
        groups=large[:_TOP],
        totals=True,
        about=f"The highest rates among those with at least {_REQUESTS} requests.",
        empty=f"no {name} has {_REQUESTS} requests whose outcome is known",
    )


def _timed(groups: tuple[Group, ...]) -> list[Group]:
    timed = [group for group in groups if group.values["latency_p50"] is not None]
    return sorted(timed, key=lambda group: -(group.values["latency_p95"] or 0))[:_TOP]


dashboard = Kind(
    title="Engineering",
    metrics=(*_FIGURES, "share", "input_tokens", "cache_read_input_tokens", "failed_requests"),
    panels=_panels,
)
