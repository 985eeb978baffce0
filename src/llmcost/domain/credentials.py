"""Credentials told by their shape, and how they are shown."""

import re

CREDENTIAL = re.compile(
    r"""(?x)
    \b(?: sk-(?:ant-|proj-|or-)?[A-Za-z0-9_\-]{16,} | pk-[A-Za-z0-9_\-]{16,} | gsk_[A-Za-z0-9]{16,} | hf_[A-Za-z0-9]{16,}
      | AIza[A-Za-z0-9_\-]{20,} | AKIA[A-Z0-9]{12,} | gh[pousr]_[A-Za-z0-9]{16,} | xox[abprs]-[A-Za-z0-9\-]{8,}
      | eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]* )
    | (?<=[Bb]earer\ )[A-Za-z0-9._~+/\-]{8,}=*
    | https://hooks\.slack\.com/services/\S+
    | (?<=://)[^\s/:@"'${}]*:[^\s/@"'${}]+(?=@)
    """
)
"""Keys of providers and gateways, tokens, and passwords in URLs, as their issuers write them."""

_SHORT = 12
"""Length up to which nothing of a credential is shown."""


def mask(value: str) -> str:
    """A credential masked, at the same length."""
    kept = 4 if len(value) > _SHORT else 0
    return value[:kept] + "*" * (len(value) - kept)


def masked_shapes(text: str) -> str:
    """The text with everything that has the shape of a credential masked."""
    return CREDENTIAL.sub(lambda found: mask(found[0]), text)
