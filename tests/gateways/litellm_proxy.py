"""A LiteLLM proxy in a few lines: spend logs with the paging, the counting and the limits of the real one."""

from datetime import datetime, timedelta
from typing import Any

from tests.gateways.loopback import KEY, Question, Reply

FIRST = datetime(2026, 11, 1, 10)  # noqa: DTZ001  as the proxy writes it, without a zone


def spend_log(number: int, *, start: datetime | None = None, **fields: Any) -> dict[str, Any]:
    """The row of call `number`: a second after the one before it, 1,000 tokens in and 100 out."""
    begun = start or FIRST + timedelta(seconds=number)
    return {
        "request_id": f"chatcmpl-{number:08}",
        "call_type": "acompletion",
        "api_key": "0a1b2c",
        "spend": 0.0125,
        "total_tokens": 1100,
        "prompt_tokens": 1000,
        "completion_tokens": 100,
        "startTime": begun.isoformat(timespec="microseconds"),
        "endTime": (begun + timedelta(milliseconds=250)).isoformat(timespec="microseconds"),
        "completionStartTime": None,
        "model": "openai/gpt-5.4",
        "model_group": "gpt-5.4",
        "custom_llm_provider": "openai",
        "user": "owner",
        "end_user": f"customer-{number % 3}",
        "metadata": {"usage_object": {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}},
        "cache_hit": "False",
        "request_tags": ["feature:chat"],
        "session_id": None,
        "status": "success",
        **fields,
    }


class Proxy:
    """Answers from a list of rows."""

    def __init__(
        self,
        rows: list[dict[str, Any]],
        *,
        v2: bool = True,
        cap: int = 10_000,
        most: int = 1000,
        pages_of: int = 1000,
        key: str = KEY,
    ) -> None:
        self.rows = rows
        self.v2 = v2
        self.cap = cap
        self.most = most
        self.pages_of = pages_of
        self.key = key

    def __call__(self, question: Question) -> Reply:
        """The answer to one question."""
        if question.headers.get("authorization") != f"Bearer {self.key}":
            return Reply(status=401, content={"error": {"message": "Authentication Error", "code": "401"}})
        if question.path == "/spend/logs/v2" and self.v2:
            return self._second(question.query)
        if question.path == "/spend/logs" and question.query.get("summarize") == "false":
            return self._first(question.query)
        return Reply(status=404, content={"detail": "Not Found"})

    def _second(self, query: Any) -> Reply:
        since, until = (datetime.strptime(query[name], "%Y-%m-%d %H:%M:%S") for name in ("start_date", "end_date"))  # noqa: DTZ007
        found = self._between(since, until)
        size, page = min(int(query["page_size"]), self.pages_of), int(query["page"])
        total = min(len(found), self.cap)
        return Reply(
            content={
                "data": found[(page - 1) * size : page * size],
                "total": total,
                "page": page,
                "page_size": size,
                "total_pages": -(-total // size),
                "total_is_capped": len(found) > self.cap,
            }
        )

    def _first(self, query: Any) -> Reply:
        since, until = (datetime.strptime(query[name], "%Y-%m-%d") for name in ("start_date", "end_date"))  # noqa: DTZ007
        found = self._between(since, until)
        headers = {"x-litellm-spend-logs-truncated": "true"} if len(found) > self.cap else {}
        return Reply(content=found[::-1][: self.cap], headers=headers)

    def _between(self, since: datetime, until: datetime) -> list[dict[str, Any]]:
        low, high = since.isoformat(timespec="microseconds"), until.isoformat(timespec="microseconds")
        return [row for row in sorted(self.rows, key=lambda row: row["startTime"]) if low <= row["startTime"] <= high]
