"""Options that were given to one command, for another that it proposes."""

import shlex


def retyped(*options: tuple[str, object]) -> str:
    """The options with a value, as they would be typed; each after a blank."""
    return "".join(f" {name} {shlex.quote(str(value))}" for name, value in options if value is not None)
