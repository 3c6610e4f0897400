"""Load: flows that call a service, executors that start them when they are due, engines that make it quick.

What flows are written with is here: `from plimsoll.load import Session, flow, Counter, Gauge, Rate, Trend, csv_rows,
json_items`.

A run goes through these files: `planning.py` reads what is asked for into a `plan.py`; `conductor.py` starts engines
(`engine.py`, each a process of its own) and hears from them once a second; in an engine, `executors/` start the
iterations of a `crew.py` of users, each of which runs a `flow.py` with a `session.py` that calls through `client/` and
records into `scopes.py` and `channels.py`; `collector.py` puts together what engines say; `validity.py` says whether
the run may be believed. Pure, and below all: `scenarios.py`, `arrivals.py`, `shapes.py`, `division.py`.
"""

from plimsoll.load.flow import flow
from plimsoll.load.metrics import Counter, Gauge, Rate, Trend
from plimsoll.load.session import Answer, Session
from plimsoll.load.shared import csv_rows, json_items

__all__ = ["Answer", "Counter", "Gauge", "Rate", "Session", "Trend", "csv_rows", "flow", "json_items"]
