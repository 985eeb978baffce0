"""Where alerts go: the channels of llmcost.yaml, their secrets named there and kept in the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from llmcost.config.settings import Settings
from llmcost.config.yaml import Document, Key
from llmcost.domain.errors import ConfigError

ChannelType = Literal["slack", "teams", "webhook", "email"]
TYPES: tuple[ChannelType, ...] = get_args(ChannelType)
Security = Literal["starttls", "tls", "none"]
SECURITIES: tuple[Security, ...] = get_args(Security)

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_NAMED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_KEYS = {
    "slack": ("type", "url"),
    "teams": ("type", "url"),
    "webhook": ("type", "url", "headers"),
    "email": ("type", "host", "port", "security", "user", "password", "from", "to"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A value of the environment, known by its name."""

    name: str
    where: str
    """`file:line:column` of its mention."""

    def __str__(self) -> str:
        """As llmcost.yaml writes it: what is shown in place of the value."""
        return f"${{{self.name}}}"

    def value(self, environ: Mapping[str, str]) -> str:
        """The value; ConfigError when the environment has none."""
        found = environ.get(self.name, "").strip()
        if not found:
            raise ConfigError(f"{self.where}: {self.name} is not set", hint=f"set {self.name} in the environment")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One way to tell somebody."""

    name: str
    type: ChannelType
    url: Secret | None = None
    headers: Mapping[str, Secret] = field(default_factory=dict)
    host: str = ""
    port: int = 0
    security: Security = "starttls"
    user: Secret | None = None
    password: Secret | None = None
    sender: str = ""
    recipients: tuple[str, ...] = ()

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Everything that must come from the environment."""
        single = [one for one in (self.url, self.user, self.password) if one is not None]
        return (*single, *self.headers.values())

    @property
    def address(self) -> str:
        """Where it goes, without a secret."""
        return f"{self.host}:{self.port}" if self.type == "email" else str(self.url)


def read_channels(settings: Settings) -> tuple[Channel, ...]:
    """The channels in the order of the file; ConfigError for one that cannot be meant."""
    if settings.document is None:
        return ()
    return tuple(_Entry(settings.document, name, settings.channels[name]).channel() for name in settings.channels)


class _Entry:
    """One channel, read key by key. No complaint repeats a value: it may be a secret written in the wrong place."""

    def __init__(self, document: Document, name: str, values: Mapping[str, object]) -> None:
        self.document = document
        self.name = name
        self.values = values

    def channel(self) -> Channel:
        kind = next((known for known in TYPES if known == self.values.get("type")), None)
        if kind is None:
            raise self.error("what kind of channel is this?", "type", hint=f"write `type:` {', '.join(TYPES)}")
        for key in self.values:
            if key not in _KEYS[kind]:
                raise self.error(f"a channel of type {kind} has no {key}", key, hint=f"it has {', '.join(_KEYS[kind])}")
        if kind != "email":
            return Channel(name=self.name, type=kind, url=self.needed_secret("url"), headers=self.headers())
        security = next((one for one in SECURITIES if one == self.values.get("security", "starttls")), None)
        if security is None:
            raise self.error("unknown security", "security", hint=f"use {', '.join(SECURITIES)}")
        user, password = self.secret("user"), self.secret("password")
        if (user is None) != (password is None):
            raise self.error("a user and a password belong together", "user" if password is None else "password")
        if password is not None and security == "none":
            raise self.error("a password is not sent over an open connection", "security", hint="use starttls or tls")
        return Channel(
            name=self.name,
            type=kind,
            host=self.text("host"),
            port=self.port(security),
            security=security,
            user=user,
            password=password,
            sender=self.mailbox(self.text("from"), "from"),
            recipients=self.recipients(),
        )

    def error(self, message: str, *path: Key, hint: str | None = None) -> ConfigError:
        return self.document.error(f"channel {self.name}: {message}", "channels", self.name, *path, hint=hint)

    def text(self, key: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(f"expected text for {key}", key)
        return value.strip()

    def secret(self, *path: str) -> Secret | None:
        value: object = self.values
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is None:
            return None
        found = _NAMED.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None:
            raise self.error(
                f"{path[-1]} must come from the environment",
                *path,
                hint="write the name of a variable, such as ${SLACK_WEBHOOK_URL}; who has the address can post there",
            )
        return Secret(name=found[1], where=self.document.place("channels", self.name, *path))

    def needed_secret(self, key: str) -> Secret:
        found = self.secret(key)
        if found is None:
            raise self.error(
                f"no {key}", hint=f"add `{key}:` with the name of a variable, such as ${{ALERT_WEBHOOK_URL}}"
            )
        return found

    def headers(self) -> Mapping[str, Secret]:
        value = self.values.get("headers")
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self.error("expected a mapping of header names", "headers")
        found = {str(key): self.secret("headers", str(key)) for key in value}
        return {key: secret for key, secret in found.items() if secret is not None}

    def port(self, security: Security) -> int:
        value = self.values.get("port", _PORTS[security])
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 65536:
            raise self.error("a port is a number from 1 to 65535", "port")
        return value

    def recipients(self) -> tuple[str, ...]:
        value = self.values.get("to")
        listed = value if isinstance(value, list) else [value]
        if not all(isinstance(one, str) for one in listed):
            raise self.error("expected a mail address, or a list of them", "to")
        return tuple(self.mailbox(str(one), "to") for one in listed)

    def mailbox(self, text: str, key: str) -> str:
        if not re.fullmatch(r"[^\s@<>,;\"]+@[^\s@<>,;\"]+", text.strip()):
            raise self.error("expected a mail address", key)
        return text.strip()
