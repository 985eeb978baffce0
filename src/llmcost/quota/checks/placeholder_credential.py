"""A credential that was meant to be replaced.

`sk-1234` is in every tutorial: left in place, it is a password everybody knows.

Fix: refer to an environment variable.
"""

from collections.abc import Iterator

from llmcost.config.nodes import Text
from llmcost.quota.check import Check, Known
from llmcost.quota.problem import Problem
from llmcost.quota.secrets import secrets_of


def find(text: Text, known: Known) -> Iterator[Problem]:
    """Credentials that are placeholders."""
    for secret in secrets_of(text):
        if secret.placeholder:
            yield Problem(
                at=secret.node,
                message="a placeholder is left where a credential belongs",
                help="refer to an environment variable or a secret store",
            )


check = Check(code="QK802", severity="warning", of_text=find)
