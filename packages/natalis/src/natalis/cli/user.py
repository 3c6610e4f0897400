"""`natalis user`: add, show, list and remove people one at a time."""

from __future__ import annotations

import sys

import click

from natalis.cli.command import Group
from natalis.cli.listing import collect, limit_option
from natalis.cli.opening import with_application
from natalis.cli.output import Output, with_output
from natalis.cli.records import Record, instant, user_record
from natalis.domain.intake import UserInput
from natalis.domain.person import Person
from natalis.domain.user import User
from natalis.errors import NotFound
from natalis.runtime.wiring import Application

ADD_EXAMPLE = (
    "natalis user add --first-name Ada --last-name Byron --email ada@example.org --birthday 1985-12-10 "
    "--timezone Europe/London"
)
COLUMNS = ("firstName", "lastName", "email", "birthdayDate", "timezone")


@click.group(cls=Group, examples=["natalis user list", "natalis user show ada@example.org"])
def command() -> None:
    """Add, show, list and remove people one at a time."""


@command.command(examples=[ADD_EXAMPLE])
@click.option("--first-name", required=True, help="As greeted.")
@click.option("--last-name", required=True, help="As greeted.")
@click.option("--email", required=True, help="Where the message goes; no two people share one.")
@click.option("--birthday", required=True, help="1985-12-10, or --12-10 without the year.")
@click.option("--timezone", required=True, help="An IANA name such as Europe/London.")
@click.option("--locale", help="Language of the message, such as pt-BR.")
@click.option("--leap-day", help="What 29 February becomes: backward, forward or omit.")
@with_output
@with_application
async def add(output: Output, application: Application, **fields: str | None) -> None:
    """Add one person."""
    added = await application.users.create(UserInput(**fields))
    output.answer(user_record(added.user), f"added {_line(added.user)}")


@command.command(examples=["natalis user show ada@example.org", "natalis user show ada@example.org --json"])
@click.argument("who", metavar="EMAIL_OR_ID")
@with_output
@with_application
async def show(output: Output, application: Application, who: str) -> None:
    """Show one person, with every yearly date and when it fires next."""
    person = await application.users.read((await find(application, who)).id)
    output.answer({**user_record(person.user), "occasions": _occasions(person)}, _page(person))


@command.command("list", examples=["natalis user list --limit 20", "natalis user list --json"])
@click.option("--email", help="Only the person with this address.")
@limit_option()
@with_output
@with_application
async def list_(output: Output, application: Application, email: str | None, limit: int) -> None:
    """List people in the order in which they came."""
    users = await collect(lambda **page: application.users.list(email=email, **page), limit, output)
    output.rows(COLUMNS, [user_record(user) for user in users], empty="there is nobody; try `natalis import FILE`")


@command.command(examples=["natalis user remove ada@example.org", "natalis user remove ada@example.org --erase --yes"])
@click.argument("who", metavar="EMAIL_OR_ID")
@click.option("--erase", is_flag=True, help="Remove every personal datum for good, and keep only counts.")
@click.option("--yes", is_flag=True, help="Do not ask before erasing.")
@with_output
@with_application
async def remove(output: Output, application: Application, who: str, *, erase: bool, yes: bool) -> None:
    """Remove one person; messages that have not gone out are cancelled."""
    user_id = await _id(application, who)
    if erase and not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("erasing is for good, and nobody is there to be asked: say --yes")
        click.confirm(f"Erase {who} for good?", abort=True, err=True)
    await application.users.remove(user_id, erase=erase)
    output.answer({"id": user_id, "erased": erase}, f"{'erased' if erase else 'removed'} {who}")


async def find(application: Application, who: str) -> User:
    """Return the living user with this address or id; raises `NotFound`."""
    if "@" not in who:
        return (await application.users.read(who)).user
    found = await application.users.list(email=who)
    if not found.items:
        raise NotFound("user", who)
    return found.items[0]


async def _id(application: Application, who: str) -> str:
    # an id need not be that of a living user: erasing also reaches those removed before
    return (await find(application, who)).id if "@" in who else who


def _line(user: User) -> str:
    profile = user.profile
    return f"{profile.full_name} <{profile.email}>, {profile.birthday}, {profile.timezone} ({user.id})"


def _occasions(person: Person) -> list[Record]:
    return [
        {
            "kind": kind,
            "on": str(occasion.on),
            "fireAt": instant(occasion.upcoming.fire_at) if occasion.upcoming else None,
            "quarantined": occasion.quarantined,
        }
        for kind, occasion in person.occasions.items()
    ]


def _page(person: Person) -> str:
    lines = [_line(person.user)]
    for occasion in _occasions(person):
        turn = occasion["quarantined"] or f"fires next at {occasion['fireAt']}"
        lines.append(f"  {occasion['kind']} on {occasion['on']}: {turn}")
    lines += [
        f"  {delivery.key.occasion_date} {delivery.key.kind}: {delivery.status}" for delivery in person.deliveries
    ]
    return "\n".join(lines)
