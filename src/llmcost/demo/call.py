"""One call through the imaginary gateway, before it is written as a log line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from llmcost.demo.tenants import GatewayKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a call failed, in the gateway's words."""

    code: str
    error_class: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Token counts as the gateway reports them: `prompt` includes cached, `completion` includes reasoning."""

    prompt: int = 0
    completion: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    reasoning: int = 0


NO_USAGE = Usage()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call; times are UTC without zone, as the gateway writes them."""

    request_id: str
    call_id: str
    started_at: datetime
    ended_at: datetime
    first_token_at: datetime
    model: str
    key: GatewayKey
    usage: Usage
    session_id: str
    user: str | None = None
    customer: str | None = None
    plan: str | None = None
    priority: bool = False
    feature: str | None = None
    environment: str | None = None
    failure: Failure | None = None
    cache_hit: bool = False
    retries: int = 0
    """How often the gateway itself tried again; what clients repeat are calls of their own."""
