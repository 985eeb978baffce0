"""What an answer is: rows, a refusal, a cursor that has expired, or nothing that such a gateway would say."""

from typing import TYPE_CHECKING

from llmcost.domain.errors import UpstreamError
from llmcost.gateways.rows import Rows, rows_of
from llmcost.net.fetching import Answer, Asked, Fetcher

if TYPE_CHECKING:
    from llmcost.gateways.gateway import Gateway

ABSENT = {404, 405, 501}
_REFUSED = {401, 403}
_FORBIDDEN = 403
_EXPIRED = {400, 404, 409, 410, 422}


class RefusedError(UpstreamError):
    """The key is not good enough."""


class ForbiddenError(RefusedError):
    """The key is known, and may not read this; it may read something else (RFC 9110, section 15.5.4)."""


class ExpiredError(Exception):
    """The server does not go on from a page it has named before."""


def fetched(
    gateway: "Gateway",
    fetcher: Fetcher,
    asked: Asked,
    *,
    rows: str | None,
    identity: str,
    first: bool = True,
    absent: bool = False,
) -> tuple[Answer, Rows]:
    """The answer and its rows; none where it is not found and may be `absent`.

    Raises RefusedError when the key is, ExpiredError when a page that is not the first is not there any more, and
    UpstreamError for everything else that holds no rows.
    """

    def read(answer: Answer) -> tuple[Answer, Rows | None]:
        if not answer.ok or "html" in answer.headers.get("content-type", ""):
            return answer, None
        try:
            return answer, rows_of(answer.text, rows, identity)
        except LookupError:
            return answer, None

    answer, page = fetcher.fetch(asked, read)
    if page is not None:
        return answer, page
    if absent and answer.status in ABSENT:
        return answer, Rows(texts=[], identities=[], envelope={})
    place = f"{fetcher.url}{asked.path}"
    if answer.status in _REFUSED:
        kind = ForbiddenError if answer.status == _FORBIDDEN else RefusedError
        raise kind(
            f"{place}: the key was refused, {fetcher.said(answer)}",
            hint=f"check {' and '.join(gateway.auth.variables)} and what the key may read",
        )
    if answer.status in _EXPIRED and not first:
        raise ExpiredError(f"the server does not go on: {fetcher.said(answer)}")
    if answer.ok or answer.status in ABSENT:
        raise UpstreamError(
            f"{place}: this is no answer of {gateway.title}, {fetcher.said(answer)}",
            hint="check the address given with --url",
        )
    raise UpstreamError(f"{place}: the server answered {fetcher.said(answer)}")
