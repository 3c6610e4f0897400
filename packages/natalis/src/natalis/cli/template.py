"""`natalis template`: what messages say; preview one, or send it to yourself."""

from __future__ import annotations

import contextlib
import sys

import click

from natalis.cli.command import Group
from natalis.cli.exit_codes import ExitCode
from natalis.cli.opening import with_application
from natalis.cli.output import Output, with_output
from natalis.cli.records import Record
from natalis.domain.message import Message
from natalis.domain.occasion import BIRTHDAY
from natalis.domain.outcome import Delivered
from natalis.runtime.wiring import Application, open_provider, writer_of
from natalis.usecases.preview_message import PreviewMessage
from natalis.usecases.send_test import SendTest


@click.group(cls=Group, examples=["natalis template preview", "natalis template send-test you@example.org"])
def command() -> None:
    """See what messages say; send one to yourself."""


@command.command("list", examples=["natalis template list"])
@with_output
@with_application
async def list_(output: Output, application: Application) -> None:
    """List the templates by kind and language."""
    known = application.templates.known
    rows = [
        {"kind": kind, "locale": locale, "html": template.html is not None}
        for (kind, locale), template in sorted(known.items(), key=lambda each: (each[0][0], each[0][1] or ""))
    ]
    output.rows(("kind", "locale", "html"), rows, empty="there is none")


@command.command(
    examples=["natalis template preview", "natalis template preview anniversary --locale pt-BR --user ada@example.org"]
)
@click.argument("kind", default=BIRTHDAY)
@click.option("--locale", help="In this language; without it the person's own, or the default.")
@click.option("--user", "who", metavar="EMAIL_OR_ID", help="For this person; without it for a sample one.")
@with_output
@with_application
async def preview(output: Output, application: Application, kind: str, locale: str | None, who: str | None) -> None:
    """Show the message of a kind as it would go out."""
    from natalis.cli.user import find  # noqa: PLC0415 - a sibling command, needed for `--user` alone

    user_id = None if who is None else (await find(application, who)).id
    previewing = PreviewMessage(
        await writer_of(application), application.store.people, application.clock, application.book
    )
    message = await previewing.show(kind, locale=locale, user_id=user_id)
    output.answer(_record(message), _page(message))


@command.command("send-test", examples=["natalis template send-test you@example.org --kind anniversary"])
@click.argument("email")
@click.option("--kind", default=BIRTHDAY, show_default=True, help="The message of this kind.")
@click.option("--locale", help="In this language; without it the default.")
@with_output
@with_application
async def send_test(output: Output, application: Application, email: str, kind: str, locale: str | None) -> None:
    """Send the message of a kind to one address, through the real provider."""
    provider = open_provider(application.settings, application.clock)
    try:
        sending = SendTest(await writer_of(application), provider, application.clock, application.book)
        with contextlib.redirect_stdout(sys.stderr):  # where the console provider's own line goes
            sent = await sending.to(email, kind, locale=locale)
    finally:
        await provider.close()
    outcome = sent.outcome
    name = type(outcome).__name__.lower()
    record = {**_record(sent.message), "provider": provider.name, "outcome": name, "detail": outcome.detail}
    output.answer(record, f"{name} by {provider.name}: {outcome.detail}")
    if not isinstance(outcome, Delivered):
        raise click.exceptions.Exit(ExitCode.PROBLEMS)


def _record(message: Message) -> Record:
    return {
        "email": message.email,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "headers": dict(message.headers),
    }


def _page(message: Message) -> str:
    headers = [f"To: {message.email}", f"Subject: {message.subject}"]
    headers += [f"{name}: {value}" for name, value in message.headers.items()]
    html = ["", "-- and as HTML --", message.html] if message.html is not None else []
    return "\n".join([*headers, "", message.text, *html])
