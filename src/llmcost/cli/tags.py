"""`llmcost tags`: which tags requests carry, what is wrong with them, and how much of the spend they attribute."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmcost.cli import diagnostics, tags_lint
from llmcost.cli.options import AsOf, By, Config, Db, Output, PeriodOption, ReadWait, Since, Tz, Until, Where
from llmcost.cli.outputs import format_of_file

if TYPE_CHECKING:
    from llmcost.config.settings import Settings
    from llmcost.ledger.composition import Selection
    from llmcost.ledger.connection import Connection
    from llmcost.reports.question import Question

Shape = Annotated[
    Literal["table", "json"] | None, typer.Option("--format", help="How to show it.", show_default="table")
]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    group = typer.Typer(help="Look after the tags that say what requests are for.", rich_markup_mode=None)
    group.command("list")(list_)
    tags_lint.add_to(group)
    group.command("coverage")(coverage)
    group.command("stale")(stale)
    group.command("glossary")(glossary)
    app.add_typer(group, name="tags")


def list_(
    *,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    output_format: Shape = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """List the tag keys. The share of requests and of cost that carry each, how many values, since when, until when."""
    from llmcost.config.settings import load_settings
    from llmcost.ledger.database import reading
    from llmcost.render import output as destination
    from llmcost.render.surface import Surface, surface_of
    from llmcost.render.tags import list_json, list_table
    from llmcost.tags.usage import usage

    chosen = format_of_file(output, output_format, ("table", "json"), "table")
    settings = load_settings(config)
    question = asked(settings, where=where, period=period, since=since, until=until, tz=tz, as_of=as_of)
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        found = usage(ledger, _selected(ledger, question), settings.attribution, most_values=10)
    surface = Surface() if output is not None else surface_of(sys.stdout)
    text = list_json(found, "USD") if chosen == "json" else list_table(found, "USD", surface)
    destination.write(text, output)


def coverage(
    keys: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY...]", help="Dimensions and tags; by default those that say who.", show_default=False
        ),
    ] = None,
    *,
    by: By = None,
    where: Where = None,
    period: PeriodOption = None,
    since: Since = None,
    until: Until = None,
    tz: Tz = None,
    as_of: AsOf = None,
    output_format: Annotated[
        Literal["table", "json", "markdown"] | None,
        typer.Option("--format", help="How to show it.", show_default="table"),
    ] = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Show how much of the spend has a customer, team and so on. With --by for each model, source, ...

    Keys of the glossary are shown as well.
    """
    from llmcost.config.settings import load_settings
    from llmcost.ledger.database import reading
    from llmcost.ledger.filters import split_list
    from llmcost.ledger.keys import resolve
    from llmcost.render import output as destination
    from llmcost.render.surface import Surface, surface_of
    from llmcost.render.tags import coverage_json, coverage_markdown, coverage_table
    from llmcost.tags.coverage import coverage as covered

    chosen = format_of_file(output, output_format, ("table", "json", "markdown"), "table")
    settings = load_settings(config)
    question = asked(settings, where=where, period=period, since=since, until=until, tz=tz, as_of=as_of)
    groups = [name for text in by or () for name in split_list(text) if name]
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        dimensions = [resolve(ledger, name) for name in dict.fromkeys(keys or _usual(settings))]
        found = covered(
            ledger, _selected(ledger, question), dimensions, [resolve(ledger, name) for name in dict.fromkeys(groups)]
        )
    surface = Surface() if output is not None else surface_of(sys.stdout)
    match chosen:
        case "json":
            text = coverage_json(found, "USD")
        case "markdown":
            text = coverage_markdown(found, "USD")
        case _:
            text = coverage_table(found, "USD", surface)
    destination.write(text, output)


def stale(
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY...]", help="Only these keys.", show_default=False)
    ] = None,
    *,
    days: Annotated[
        int | None, typer.Option("--days", metavar="N", min=1, help="Not met for so long; 30, or `stale_after`.")
    ] = None,
    as_of: AsOf = None,
    output_format: Shape = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """List keys and values that requests used to carry. Longest ago first; days count back from the last request."""
    from datetime import UTC, timedelta

    from llmcost.config.settings import load_settings
    from llmcost.domain.period import clock, time_zone
    from llmcost.ledger.database import reading
    from llmcost.render import output as destination
    from llmcost.render.surface import Surface, surface_of
    from llmcost.render.tags import stale_json, stale_table
    from llmcost.tags.run import known_of
    from llmcost.tags.stale import stale as outdated
    from llmcost.tags.usage import usage

    chosen = format_of_file(output, output_format, ("table", "json"), "table")
    settings = load_settings(config)
    age = settings.tags.stale_after if days is None else timedelta(days=days)
    now = None if as_of is None else clock(as_of, time_zone(settings.tz)).astimezone(UTC).replace(tzinfo=None)
    with reading(settings.ledger_path(db), wait=wait) as ledger:
        found = usage(ledger, _selected(ledger, asked(settings)), settings.attribution)
    old = outdated(found, known_of(settings), age, now, keys or ())
    surface = Surface() if output is not None else surface_of(sys.stdout)
    text = stale_json(old, "USD", age.days) if chosen == "json" else stale_table(old, "USD", surface)
    destination.write(text, output)


def glossary(
    *,
    write_draft: Annotated[
        bool, typer.Option("--write-draft", help="Print a `tags:` section, drafted from what the ledger holds.")
    ] = False,
    output_format: Annotated[
        Literal["markdown", "json"] | None, typer.Option("--format", help="How to show it; markdown unless given.")
    ] = None,
    output: Output = None,
    wait: ReadWait = 5,
    db: Db = None,
    config: Config = None,
) -> None:
    """Print what each tag means, or draft it from the ledger. What llmcost.yaml has is printed in Markdown.

    The draft is YAML to paste into llmcost.yaml, which is not changed; --output FILE writes it to a new file.
    """
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import ConfigError, UsageError
    from llmcost.ledger.database import reading
    from llmcost.render import output as destination
    from llmcost.render.tags import glossary_json, glossary_markdown
    from llmcost.tags.glossary import draft
    from llmcost.tags.usage import usage

    if write_draft and output_format is not None:
        raise UsageError("--write-draft and --format contradict each other", hint="the draft is YAML")
    settings = load_settings(config)
    if write_draft:
        _spare(settings, output)
        with reading(settings.ledger_path(db), wait=wait) as ledger:
            text = draft(usage(ledger, _selected(ledger, asked(settings)), settings.attribution, most_values=50))
        destination.write(text, output)
        if output is None:
            diagnostics.note(f"this is a draft: {_how_to_keep(settings)}")
        return
    if not settings.tags.glossary:
        raise ConfigError(
            f"{_config_name(settings)} has no `tags: {{glossary: ...}}`",
            hint=f"`llmcost tags glossary --write-draft` prints one; {_how_to_keep(settings)}",
        )
    rules = settings.tags
    chosen = format_of_file(output, output_format, ("markdown", "json"), "markdown")
    destination.write(glossary_json(rules) if chosen == "json" else glossary_markdown(rules), output)


def _config_name(settings: "Settings") -> str:
    return "llmcost.yaml" if settings.document is None else settings.document.name


def _how_to_keep(settings: "Settings") -> str:
    """What to do with a draft, which a section that is there already must be joined with by hand."""
    document, name = settings.document, _config_name(settings)
    if document is None:
        return f"`--output {name}` makes that file of it"
    if "tags" in (document.value or {}):
        return f"join its lines with the section `tags:` of {name}"
    return f"add its lines to {name}"


def _spare(settings: "Settings", output: Path | None) -> None:
    """A draft is one section: written in place of a configuration it would lose the others."""
    from llmcost.domain.errors import UsageError

    document = settings.document
    if (
        output is not None
        and document is not None
        and document.value
        and output.resolve() == Path(document.name).resolve()
    ):
        raise UsageError(f"--output {output} would replace the configuration by the draft", hint=_how_to_keep(settings))


def asked(
    settings: "Settings",
    *,
    where: list[str] | None = None,
    period: str | None = None,
    since: str | None = None,
    until: str | None = None,
    tz: str | None = None,
    as_of: str | None = None,
) -> "Question":
    """Which requests the options mean."""
    from llmcost.domain.period import chosen_period, clock, time_zone
    from llmcost.reports.question import Question

    zone = time_zone(tz or settings.tz)
    return Question(
        where=tuple(where or ()),
        period=chosen_period(period=period, since=since, until=until, now=clock(as_of, zone), tz=zone),
        zone=zone,
        basis="requests",
    )


def _selected(ledger: "Connection", question: "Question") -> "Selection":
    from llmcost.reports.question import selection

    return selection(ledger, question)


def _usual(settings: "Settings") -> list[str]:
    """The dimensions that say who, and what the glossary adds to them."""
    filled = {key: column for column, keys in settings.attribution.items() for key in keys}
    usual = ["customer_id", "user_id", "team", "feature", "environment", "business_unit", "endpoint"]
    return [*usual, *(f"tags.{key}" for key in settings.tags.glossary if key not in usual and key not in filled)]
