"""Credentials in a config: found to be reported, and masked in everything shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost.config.nodes import Node, Text

_SHAPES = re.compile(
    r"""(?x)
    \b(?: sk-(?:ant-|proj-|or-)?[A-Za-z0-9_\-]{16,} | pk-[A-Za-z0-9_\-]{16,} | gsk_[A-Za-z0-9]{16,} | hf_[A-Za-z0-9]{16,}
      | AIza[A-Za-z0-9_\-]{20,} | AKIA[A-Z0-9]{12,} | gh[pousr]_[A-Za-z0-9]{16,} | xox[abprs]-[A-Za-z0-9\-]{8,}
      | eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]* )
    | (?<=[Bb]earer\ )[A-Za-z0-9._~+/\-]{8,}=*
    | https://hooks\.slack\.com/services/\S+
    | (?<=://)[^\s/:@"'${}]*:[^\s/@"'${}]+(?=@)
    """
)
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
            elif node.kind == "scalar" and id(node) not in seen and (shape := _SHAPES.search(node.text)):
                seen.add(id(node))
                yield Secret(node=node, value=shape[0], placeholder=bool(_PLACEHOLDER.fullmatch(shape[0])))


def masked(text: str, secrets: tuple[str, ...] = ()) -> str:
    """The text with credentials masked, at the same length."""
    for value in sorted(secrets, key=len, reverse=True):
        text = text.replace(value, _mask(value))
    return _SHAPES.sub(lambda found: _mask(found[0]), text)


def shown(value: str) -> str:
    """A credential as messages tell of it."""
    return f"{value[:4]}... ({len(value)} characters)" if len(value) > _SHORT else f"{len(value)} characters"


def _keyed(key: Node, value: Node) -> Secret | None:
    text = value.text.strip()
    if not text or value.is_null or _REFERENCE.fullmatch(text):
        return None
    shape = _SHAPES.search(text)
    secret = key.kind == "scalar" and _KEYS.search(key.text) is not None
    if shape is None and not (secret and value.tag == "str" and " " not in text):
        return None
    if shape is None and not _PLACEHOLDER.fullmatch(text) and len(text) < 6:
        return None
    found = shape[0] if shape else text
    return Secret(node=value, value=found, placeholder=bool(_PLACEHOLDER.fullmatch(text)))


def _mask(value: str) -> str:
    kept = 4 if len(value) > _SHORT else 0
    return value[:kept] + "*" * (len(value) - kept)
