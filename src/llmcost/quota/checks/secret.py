"""A credential in the file.

Whoever reads the repository, or this report's log, can use it. It is shown masked everywhere.

Fix: revoke it, then refer to an environment variable: `os.environ/NAME` in LiteLLM, a secret reference elsewhere.
"""

from collections.abc import Iterator

from llmcost.config.nodes import Text
from llmcost.quota.check import Check, Known
from llmcost.quota.problem import Problem
from llmcost.quota.secrets import secrets_of, shown


def find(text: Text, known: Known) -> Iterator[Problem]:
    """Credentials that are no placeholders."""
    for secret in secrets_of(text):
        if not secret.placeholder:
            yield Problem(
                at=secret.node,
                message=f"a credential stands in the file: {shown(secret.value)}",
                help="revoke it, and refer to an environment variable or a secret store",
            )


check = Check(code="QK801", severity="error", of_text=find)
