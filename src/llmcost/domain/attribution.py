"""Which tags say who a request was for.

A column such as `team` is filled from the first of its tags that is present. Tags are copied, never moved. The rules below
hold unless llmcost.yaml says otherwise.
"""

from collections.abc import Mapping
from types import MappingProxyType

DEFAULT_ATTRIBUTION: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "customer_id": ("customer_id", "customer", "tenant_id", "tenant", "org_id", "end_user"),
        "user_id": ("user_id", "user", "_user", "user_email"),
        "team": ("team", "team_alias", "team_id"),
        "business_unit": ("business_unit", "cost_center", "department"),
        "feature": ("feature", "feature_name", "app"),
        "endpoint": ("endpoint", "route"),
        "environment": ("environment", "env", "deployment.environment.name", "deployment.environment"),
        "plan": ("plan",),
        "workflow": ("workflow",),
        "prompt_name": ("prompt_name",),
        "prompt_version": ("prompt_version",),
        "project": ("project",),
        "session_id": ("session_id",),
        "virtual_account": ("virtual_account",),
        "api_key_id": ("api_key_id",),
    }
)
"""Tag keys by column, first present wins."""
