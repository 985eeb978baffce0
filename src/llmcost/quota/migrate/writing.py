"""Manifests of the second generation as YAML, one document each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from llmcost.config.quoting import quoted
from llmcost.quota.migrate.scope import KINDS, listed

if TYPE_CHECKING:
    from llmcost.config.nodes import Node
    from llmcost.quota.migrate.scope import Scope
    from llmcost.quota.migrate.tfy_v2 import Manifest


def manifest_text(manifest: Manifest, *, audit: bool = False) -> str:
    """One manifest; with `audit`, in audit mode whatever V1 said."""
    limit = manifest.limit
    lines = [
        f"name: {quoted(manifest.name)}",
        f"type: {manifest.type}",
        f"mode: {'audit' if audit or manifest.audit else 'enforce'}",
        f"limits: {{{limit.unit}_per_{limit.window.span}: {limit.amount:f}}}",
    ]
    applies, key = manifest.applies_to
    lines += ["applies_to:", f"  type: {applies}"]
    if key is not None:
        lines.append(f"  metadata: {quoted(key)}")
    lines += _when(manifest.scope)
    alerts = limit.node.get("alerts")
    if alerts is not None and not alerts.is_null:
        lines.append(f"alerts: {_flow(alerts)}")
    return "\n".join(lines) + "\n"


def _when(scope: Scope) -> list[str]:
    names = sorted({*scope.inside, *scope.outside})
    lines: list[str] = []
    subjects = [name for name in names if name in KINDS]
    if subjects:
        lines += ["  subjects:", *(f"    {KINDS[name]}: {_lists(scope, name)}" for name in subjects)]
    lines += [f"  models: {_lists(scope, name)}" for name in names if name == "model"]
    metadata = [name for name in names if name.startswith("metadata.")]
    if metadata:
        lines.append("  metadata:")
        lines += [f"    {quoted(name.removeprefix('metadata.'))}: {_lists(scope, name)}" for name in metadata]
    return ["when:", *lines] if lines else []


def _lists(scope: Scope, name: str) -> str:
    parts = []
    for key, values in (("in", scope.inside.get(name)), ("not_in", scope.outside.get(name))):
        if values:
            parts.append(f"{key}: [{', '.join(map(quoted, listed(values)))}]")
    return f"{{{', '.join(parts)}}}"


def _flow(node: Node) -> str:
    """A value on one line."""
    if node.kind == "mapping":
        entries = (f"{quoted(name)}: {_flow(value)}" for name, (_, value) in node.entries.items())
        return f"{{{', '.join(entries)}}}"
    if node.kind == "sequence":
        return f"[{', '.join(map(_flow, node.items))}]"
    value = node.value
    if isinstance(value, str):
        return quoted(value)
    return json.dumps(value if isinstance(value, (bool, int)) or value is None else float(value))
