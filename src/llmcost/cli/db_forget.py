"""`llmcost db forget`: take a customer or user out of the ledger."""

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from llmcost.cli.options import Config, Db, Wait

if TYPE_CHECKING:
    from llmcost.ledger.forgetting import ForgetRequest, Forgotten


def forget(
    *,
    customer: Annotated[str | None, typer.Option("--customer", metavar="ID", help="This customer_id.")] = None,
    user: Annotated[str | None, typer.Option("--user", metavar="ID", help="This user_id.")] = None,
    delete: Annotated[
        bool,
        typer.Option("--delete", help="Delete the requests too, but those of closed periods; totals lose their cost."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be taken out and stop.")] = False,
    in_advance: Annotated[
        bool,
        typer.Option("--in-advance", help="Also where the ledger has nothing of them: what comes later is masked."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")] = False,
    output_format: Annotated[Literal["table", "json"], typer.Option("--format", help="How to show it.")] = "table",
    db: Db = None,
    config: Config = None,
    wait: Wait = None,
) -> None:
    """Take a customer or user out of the ledger. No byte of the id is left in its file.

    Their requests stay, with their cost and without who they were for; --delete removes them, except from
    periods that chargeback has closed: what was charged for them would else be paid back. Reading the same logs again
    does not bring the id back. The logs themselves, exports and copies of the ledger are not touched.
    """
    from llmcost.cli import diagnostics
    from llmcost.config.settings import load_settings
    from llmcost.domain.errors import UsageError
    from llmcost.domain.text import plural
    from llmcost.ingest.otlp.journal import folder_of, waiting
    from llmcost.ledger.forgetting import ForgetRequest, preview
    from llmcost.ledger.forgetting import forget as apply

    if (customer is None) == (user is None):
        raise UsageError("name whom to forget", hint="with --customer ID or with --user ID")
    if dry_run and yes:
        raise UsageError("--dry-run and --yes contradict each other", hint="give one of them")
    word = customer if customer is not None else user
    if not word:
        raise UsageError("an empty id is no id", hint="requests without a customer have none to forget")
    settings = load_settings(config)
    request = ForgetRequest(
        ledger=settings.ledger_path(db),
        kind="customer" if customer is not None else "user",
        id=word,
        attribution=settings.attribution,
        delete=delete,
        wait=30 if wait is None else wait,
    )
    found = preview(request, migrate=not dry_run)
    if not in_advance:
        _check_is_known(request, found)
    if not yes:
        _show(found, output_format, applied=False)
        if dry_run:
            diagnostics.note("nothing was changed: this was a dry run")
            return
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise UsageError(
                "nothing was changed: there is no terminal to ask on",
                hint="repeat with --yes to do it, or with --dry-run to only look",
            )
        if not typer.confirm(f"Forget this {request.kind}? It cannot be undone.", err=True):
            diagnostics.note("nothing was changed")
            return
    done = apply(request)
    if yes:
        _show(done, output_format, applied=True)
    gone = done.requests - done.kept_requests if delete else 0
    if delete:
        diagnostics.note(f"{plural(gone, 'request')} deleted")
    if gone < done.requests or not delete:
        diagnostics.note(f"{plural(done.requests - gone, 'request')} kept without who it was for")
    if held := waiting(request.ledger):
        diagnostics.warning(
            f"{plural(held, 'batch', 'batches')} of spans received and not in the ledger yet may hold the id",
            hint=f"`llmcost ingest --listen` brings them in without it, from {folder_of(request.ledger)}",
        )


def _check_is_known(request: "ForgetRequest", found: "Forgotten") -> None:
    """A slip in an id must not pass for somebody forgotten. The id itself is not repeated."""
    from llmcost.cli import diagnostics
    from llmcost.domain.errors import UsageError
    from llmcost.ledger.strangers import stranger

    unknown = stranger(request, found)
    if unknown is None:
        return
    if unknown.forgotten:
        diagnostics.note(f"this {request.kind} was forgotten before, and nothing of them came since")
        return
    near = f"did you mean {' or '.join(map(repr, unknown.near))}? " if unknown.near else ""
    raise UsageError(
        f"no such {request.kind} is in the ledger; nothing was changed",
        hint=f"{near}--in-advance forgets who is yet to come",
    )


def _show(found: "Forgotten", output_format: str, *, applied: bool) -> None:
    from llmcost.render.forgotten import as_json, as_text

    typer.echo(as_json(found, applied=applied) if output_format == "json" else as_text(found), nl=False)
