"""Credentials: which environment variables hold them, and the headers they become. They are nowhere else."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from llmcost.domain.errors import UsageError
from llmcost.net.posting import is_sendable


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What is sent, and what must never be shown."""

    headers: Mapping[str, str]
    secrets: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """What tells these from others, and nothing else of them; the same every time."""
        return sha256(repr(sorted(self.headers.items())).encode()).hexdigest()[:8]


class Auth(Protocol):
    """A way to prove who asks."""

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables it reads."""
        ...

    def credentials(self, environ: Mapping[str, str]) -> Credentials:
        """The headers; UsageError when a variable is not set."""
        ...


@dataclass(frozen=True, slots=True)
class Header:
    """A key in one header: the first of the variables that is set."""

    name: str
    variables: tuple[str, ...]
    form: str = "{key}"
    optional: bool = False
    """Whether a server may be open to everybody."""

    def credentials(self, environ: Mapping[str, str]) -> Credentials:
        """The header."""
        found = next((value for name in self.variables if (value := environ.get(name, "").strip())), None)
        if found is None:
            if self.optional:
                return Credentials(headers={}, secrets=())
            raise missing(" or ".join(self.variables), self.variables[0])
        return Credentials(
            headers={self.name: self.form.format(key=_sendable(found, self.variables))}, secrets=(found,)
        )


def bearer(*variables: str, optional: bool = False) -> Header:
    """`Authorization: Bearer KEY`."""
    return Header("Authorization", variables, "Bearer {key}", optional=optional)


@dataclass(frozen=True, slots=True)
class Headers:
    """Several keys, each in its own header: header to variable."""

    names: Mapping[str, str]

    @property
    def variables(self) -> tuple[str, ...]:
        """All of them are needed."""
        return tuple(self.names.values())

    def credentials(self, environ: Mapping[str, str]) -> Credentials:
        """The headers."""
        parts = [Header(name, (variable,)).credentials(environ) for name, variable in self.names.items()]
        return Credentials(
            headers={name: value for part in parts for name, value in part.headers.items()},
            secrets=tuple(secret for part in parts for secret in part.secrets),
        )


@dataclass(frozen=True, slots=True)
class Basic:
    """`Authorization: Basic`, of a public and a secret key."""

    user: str
    password: str

    @property
    def variables(self) -> tuple[str, ...]:
        """Both are needed."""
        return (self.user, self.password)

    def credentials(self, environ: Mapping[str, str]) -> Credentials:
        """The header."""
        values = [environ.get(name, "").strip() for name in self.variables]
        for name, value in zip(self.variables, values, strict=True):
            if not value:
                raise missing(" and ".join(self.variables), name)
        pair = b64encode(":".join(values).encode()).decode()
        return Credentials(headers={"Authorization": f"Basic {pair}"}, secrets=(values[1], pair))


def missing(names: str, example: str) -> UsageError:
    """That no credentials are there, and where they belong."""
    return UsageError(f"no key: {names} is not set", hint=f"set it in the environment: `export {example}=...`")


def _sendable(key: str, variables: tuple[str, ...]) -> str:
    if not is_sendable(key):
        raise UsageError(
            f"the key in {' or '.join(variables)} holds characters that cannot be sent", hint="copy it again"
        )
    return key
