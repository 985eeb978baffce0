"""The data of genai-prices, from its published JSON or from the module its package carries.

The module is Python that builds the same records (https://github.com/pydantic/genai-prices). It is parsed, never run, so an
untrusted file can do no more than be refused.
"""

from __future__ import annotations

import ast
import json
from decimal import Decimal
from typing import Any

from llmcost.domain.errors import DataError

_HINT = "expected data.json or data.py of genai-prices"
_SHORT = {"or_": "or", "and_": "and"}


def read_genai(content: bytes, name: str) -> list[dict[str, Any]]:
    """Providers as published; DataError when the content is something else."""
    text = content.decode("utf-8", errors="replace").lstrip()
    try:
        found = json.loads(text, parse_float=Decimal) if text.startswith("[") else _module(text)
    except (ValueError, SyntaxError, RecursionError) as error:
        raise DataError(f"{name}: not the data of genai-prices: {error}", hint=_HINT) from None
    if not isinstance(found, list) or not all(isinstance(one, dict) and "models" in one for one in found):
        raise DataError(f"{name}: not the data of genai-prices: no list of providers", hint=_HINT)
    return found


def _module(text: str) -> Any:
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.AnnAssign) and getattr(statement.target, "id", "") == "providers":
            return _value(statement.value)
    return None


def _value(node: ast.AST | None) -> Any:
    """A literal, or a call of a record's class as the mapping that the JSON has."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_value(item) for item in items]
        case ast.Dict(keys=keys, values=values):
            return {_value(key): _value(value) for key, value in zip(keys, values, strict=True)}
        case ast.Call(func=called, args=args, keywords=keywords):
            return _record(_called(called), [_value(arg) for arg in args], keywords)
    return None


def _called(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _record(name: str, args: list[Any], keywords: list[ast.keyword]) -> Any:
    if name == "Decimal":
        return Decimal(str(args[0]))
    if name == "date":
        return "{:04}-{:02}-{:02}".format(*args)
    if name == "time":
        return "{:02}:{:02}:00Z".format(*args)
    made = {_SHORT.get(one.arg, one.arg): _value(one.value) for one in keywords if one.arg is not None}
    return {key: value for key, value in made.items() if value is not None}
