"""What Anthropic's two reports share: the admin key, days in pages, and what they are grouped by."""

from datetime import timedelta

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import Header
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.paging import Tokens

_DAYS = 31
"""The most that one answer can hold."""


def report(title: str, stream: str, *, path: str, source: str, groups: tuple[str, ...]) -> Gateway:
    """A report of buckets by day."""

    def days(span: Span) -> dict[str, str | tuple[str, ...]]:
        return {
            "starting_at": f"{span.since:%Y-%m-%dT%H:%M:%SZ}",
            "ending_at": f"{span.until:%Y-%m-%dT%H:%M:%SZ}",
            "bucket_width": "1d",
            "group_by[]": groups,
        }

    way = Endpoint(
        path=path,
        sources=(source,),
        query=days,
        paging=Tokens(request="page", answer="next_page", most=_DAYS),
        identity="starting_at",
        window=timedelta(days=_DAYS),
        grain=timedelta(days=1),
    )
    return Gateway(
        title=title,
        auth=Header("x-api-key", ("ANTHROPIC_ADMIN_KEY",)),
        headers={"anthropic-version": "2023-06-01"},
        url="https://api.anthropic.com",
        keyed=True,
        late=timedelta(days=2),
        poll=timedelta(hours=1),
        streams={stream: (way,)},
    )
