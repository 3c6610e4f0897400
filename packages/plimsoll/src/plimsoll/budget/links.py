"""Where an alert's page is: the address that the alert carries."""

from __future__ import annotations

from typing import Final

from plimsoll.budget.file.model import Service

ALERTS: Final = "alerts"
"""The folder of rendered pages, within the folder of runbooks."""
PLACE: Final = "{alert}"
"""Stands in `service.runbooks` for an alert's name."""


def runbook_url(service: Service, alert: str) -> str | None:
    """Return the address of an alert's page; None where the file does not say where runbooks are served.

    Args:
        service: Whose `runbooks` is the address of the folder of runbooks, or of one page with `{alert}` in its place.
        alert: Its name.
    """
    if service.runbooks is None:
        return None
    if PLACE in service.runbooks:
        return service.runbooks.replace(PLACE, alert)
    return f"{service.runbooks.rstrip('/')}/{ALERTS}/{alert}.html"
