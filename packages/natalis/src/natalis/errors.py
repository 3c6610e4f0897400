"""Every error Natalis raises on purpose, as one tree.

NatalisError
├── InvalidInput          a field holds something it cannot; says which, why and what would be right
│   └── UnknownZone       a time zone that the database does not know
├── InvalidFields         several fields of one thing hold something they cannot; carries an InvalidInput for each
├── NotFound              no such user, delivery, token or occasion
├── EmailTaken            another living user has this address
├── PreconditionFailed    the user changed since it was read (`If-Match`)
├── RequestKeyReused      an `Idempotency-Key` came back with another body
├── IllegalTransition     a delivery cannot go from this state to that one
├── NotPermitted          the token lacks the scope
├── SettingsInvalid       the configuration as a whole does not hold
├── StoreUnavailable      the database cannot be opened, or answers too late
├── TransportUnavailable  the queue cannot be reached
├── ProviderUnavailable   the provider cannot be reached at all
└── ServiceStalled        a service lives and makes no progress

Front doors map each of these to an answer (`api/problems.py`, `cli/exit_codes.py`); a test proves that none is
unmapped.
"""

from __future__ import annotations


class NatalisError(Exception):
    """The root: catch this to catch everything Natalis raises on purpose."""


class InvalidInput(NatalisError):
    """A field holds something it cannot.

    Args:
        field: The field as the caller names it, for example `birthdayDate`.
        problem: What is wrong, in one clause, for example `29 February does not exist in 2023`.
        remedy: What would be right, in one clause, for example `use a date that exists`.
    """

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}; {remedy}")
        self.field = field
        self.problem = problem
        self.remedy = remedy


class UnknownZone(InvalidInput):
    """A time zone that the database does not know.

    Args:
        name: The name as given.
        nearest: Known names that look alike, best first; may be empty.
    """

    def __init__(self, name: str, nearest: tuple[str, ...], field: str = "timezone") -> None:
        remedy = "use an IANA name such as " + " or ".join(nearest or ("Europe/Paris",))
        super().__init__(field, f"{name!r} is not a time zone in the IANA database", remedy)
        self.name = name
        self.nearest = nearest


class InvalidFields(NatalisError):
    """Fields of one thing hold something they cannot.

    Args:
        problems: One for each faulty field, at least one, in the order of the fields.
    """

    def __init__(self, problems: tuple[InvalidInput, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class NotFound(NatalisError):
    """No such thing, or it has been deleted.

    Args:
        what: The kind of thing, for example `user`.
        identity: What was looked for.
    """

    def __init__(self, what: str, identity: str) -> None:
        super().__init__(f"there is no {what} {identity!r}")
        self.what = what
        self.identity = identity


class EmailTaken(NatalisError):
    """Another living user has this address."""

    def __init__(self, email: str) -> None:
        super().__init__(f"{email!r} already belongs to another user")
        self.email = email


class PreconditionFailed(NatalisError):
    """The user changed since the caller read it."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(f"expected {expected}, found {actual}; read the user again and repeat the change")
        self.expected = expected
        self.actual = actual


class RequestKeyReused(NatalisError):
    """An `Idempotency-Key` came back with another body."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the key {key!r} was used for another request; use a new key for a new request")
        self.key = key


class IllegalTransition(NatalisError):
    """A delivery cannot go from this state to that one."""

    def __init__(self, key: str, found: str, wanted: str) -> None:
        super().__init__(f"delivery {key} is {found} and cannot become {wanted}")
        self.key = key
        self.found = found
        self.wanted = wanted


class NotPermitted(NatalisError):
    """The caller's token lacks the scope, or there is no token."""


class SettingsInvalid(NatalisError):
    """The configuration as a whole does not hold; `problems` lists every fault, one sentence each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class StoreUnavailable(NatalisError):
    """The database cannot be opened, or answers too late."""


class TransportUnavailable(NatalisError):
    """The queue cannot be reached."""


class ProviderUnavailable(NatalisError):
    """The provider cannot be reached at all."""


class ServiceStalled(NatalisError):
    """A service lives and makes no progress; readiness says which."""
