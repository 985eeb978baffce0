"""Credentials in a config: found to be reported, and masked in everything shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from llmcost.domain.credentials import CREDENTIAL, mask, masked_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.config.nodes import Node, Text

_KEYS = re.compile(
    r"(?i)(?:^|[_\-.])(?:api_?key|apikey|master_?key|salt_key|password|passwd|secret|(?:auth|access|api|bearer|bot|refresh)_?token|credentials?)$|^token$"
)
_REFERENCE = re.compile(
    r"(?i)os\.environ/.+|\$\{.+\}|\$[A-Z_]+|\{\{.+\}\}|\{vault:.+|env[.:].+|ENV\..+|secret(?:ref)?[.:/].+|!.+|tfy-secret://.+|/run/secrets/.+|@.+"
)
_PLACEHOLDER = re.compile(
    r"(?i)sk-1234|sk-x+|changeme|change[_-]me|password|secret|your[-_ ].*|<.*>|x{3,}|test|dummy|placeholder|example|todo|sk-\.\.\.|\*+"
)


_SHORT = 12
"""Length up to which nothing of a credential is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One credential."""

    node: Node
    value: str
    placeholder: bool
    """Whether it is one that was meant to be replaced."""


@lru_cache(maxsize=32)
def secrets_of(text: Text) -> tuple[Secret, ...]:
    """Values that are credentials by their shape or by their key; references to an environment are none."""
    return tuple(_secrets(text))


def _secrets(text: Text) -> Iterator[Secret]:
    seen: set[int] = set()
    for root in text.documents:
        for node in root.walk():
            if node.kind == "mapping":
                for key, value in node.own:
                    if value.kind == "scalar" and id(value) not in seen and (found := _keyed(key, value)):
                        seen.add(id(value))
                        yield found
            elif node.kind == "scalar" and id(node) not in seen and (shape := CREDENTIAL.search(node.text)):
                seen.add(id(node))
                yield Secret(node=node, value=shape[0], placeholder=bool(_PLACEHOLDER.fullmatch(shape[0])))


def masked(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The text with credentials masked, at the same length."""
    for value in sorted(secrets, key=len, reverse=True):
        text = text.replace(value, mask(value))
    return masked_shapes(text)


def shown(value: str) -> str:
    """A credential as messages tell of it."""
    return f"{value[:4]}... ({len(value)} characters)" if len(value) > _SHORT else f"{len(value)} characters"


def _keyed(key: Node, value: Node) -> Secret | None:
    text = value.text.strip()
    if not text or value.is_null or _REFERENCE.fullmatch(text):
        return None
    shape = CREDENTIAL.search(text)
    secret = key.kind == "scalar" and _KEYS.search(key.text) is not None
    if shape is None and not (secret and value.tag == "str" and " " not in text):
        return None
    if shape is None and not _PLACEHOLDER.fullmatch(text) and len(text) < 6:
        return None
    found = shape[0] if shape else text
    return Secret(node=value, value=found, placeholder=bool(_PLACEHOLDER.fullmatch(text)))
