"""How names and fixed texts become SQL. Values from users and logs are bound, never written into SQL."""


def quote_identifier(name: str) -> str:
    """`name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """`text` as a SQL string literal, for the words of our own registries."""
    return "'" + text.replace("'", "''") + "'"


def json_pointer(key: str) -> str:
    """JSON pointer to a top-level key, so that no key can be taken for a path."""
    return "/" + key.replace("~", "~0").replace("/", "~1")
