"""What OpenAI's usage and costs APIs share: the admin key, days in pages, and what they are grouped by."""

from datetime import timedelta

from llmcost.domain.pulled import Span
from llmcost.gateways.auth import bearer
from llmcost.gateways.gateway import Endpoint, Gateway
from llmcost.gateways.paging import Tokens


def buckets(path: str, *, source: str, groups: tuple[str, ...], most: int) -> tuple[Endpoint, ...]:
    """The way to buckets by day, of which an answer holds `most`."""

    def days(span: Span) -> dict[str, str | tuple[str, ...]]:
        return {
            "start_time": str(int(span.since.timestamp())),
            "end_time": str(int(span.until.timestamp())),
            "bucket_width": "1d",
            "group_by": groups,
        }

    return (
        Endpoint(
            path=path,
            sources=(source,),
            query=days,
            paging=Tokens(request="page", answer="next_page", most=most),
            identity="start_time",
            window=timedelta(days=most),
            grain=timedelta(days=1),
        ),
    )


def organization(title: str, streams: dict[str, tuple[Endpoint, ...]], *, late: timedelta) -> Gateway:
    """An API for the admins of an organization."""
    return Gateway(
        title=title,
        auth=bearer("OPENAI_ADMIN_KEY"),
        url="https://api.openai.com",
        keyed=True,
        late=late,
        poll=timedelta(hours=1),
        streams=streams,
    )
