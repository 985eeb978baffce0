"""One HTML file that loads nothing: what it may run and how it may look is fixed by hash in its own policy."""

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from importlib import resources

from llmcost.render.markup import Markup, tag


def page(*, title: str, heading: str, below: str, main: Iterable[Markup], foot: Iterable[str]) -> str:
    """The page: `title` is its name in a browser, `below` stands under the heading, `foot` are its last sentences."""
    style, script = (_asset(name) for name in ("dashboard.css", "dashboard.js"))
    document = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", title),
            tag("style", style),
        ),
        tag(
            "body",
            tag(
                "div",
                tag("header", tag("h1", heading), tag("p", below, class_="span")),
                tag("main", *main),
                tag("footer", *(tag("p", line) for line in foot)),
                class_="page",
            ),
            tag("script", script),
        ),
        lang="en",
    )
    return f"<!doctype html>\n{document}\n"


def _asset(name: str) -> Markup:
    return Markup(resources.files("llmcost.render").joinpath(name).read_text("utf-8"))


def _policy(style: str, script: str) -> str:
    """Nothing may be loaded; one style sheet and one script may be used, both in the page."""
    rules = [
        "default-src 'none'",
        f"style-src '{_hash(style)}'",
        f"script-src '{_hash(script)}'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    return "; ".join(rules)


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
