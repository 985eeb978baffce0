"""HTML and SVG by small functions: text becomes safe where it enters, so nothing a log says can become a tag."""

from html import escape

from llmcost.domain.printable import printable


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | None
_VOID = {"meta", "link", "br"}


def safe(text: str) -> Markup:
    """Any text as HTML that shows it."""
    return text if isinstance(text, Markup) else Markup(escape(printable(text)))


def tag(element: str, /, *children: Child, **attributes: object) -> Markup:
    """An element; `class_` is the attribute `class`, `aria_label` is `aria-label`; None leaves one out, True has no value."""
    inside = "".join(safe(child) for child in children if child is not None)
    opening = "".join([element, *(_attribute(key, value) for key, value in attributes.items() if value is not None)])
    return Markup(f"<{opening}>" if element in _VOID else f"<{opening}>{inside}</{element}>")


def joined(*parts: Child, between: str = "") -> Markup:
    """Elements and texts one after the other."""
    return Markup(between.join(safe(part) for part in parts if part is not None))


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f' {name}="{escape(printable(text))}"'
