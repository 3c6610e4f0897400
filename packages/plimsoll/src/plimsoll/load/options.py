"""What a file of flows sets: its `options`, in k6's words, and what the command line sets over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from plimsoll.errors import InvalidInput
from plimsoll.load.plan import Calling
from plimsoll.load.reader import Reader
from plimsoll.load.reading_scenarios import default_most, scenario_of, scenarios_of
from plimsoll.load.scenarios import Scenario
from plimsoll.measure.thresholds import Threshold, thresholds_of

_SHORTCUTS: Final = ("vus", "duration", "iterations", "stages", "rate", "maxVUs", "preAllocatedVUs")
_MINUTE: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Options:
    """All that can be set in a file.

    Attributes:
        scenarios: What is to be done.
        thresholds: What shall be so.
        calling: How to call.
        base: What paths are put behind.
        tags: On all that is recorded.
        seed: What chance comes from.
        setup_timeout: For setup.
        teardown_timeout: For teardown.
    """

    scenarios: tuple[Scenario, ...]
    thresholds: tuple[Threshold, ...] = ()
    calling: Calling = field(default_factory=Calling)
    base: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    setup_timeout: timedelta = _MINUTE
    teardown_timeout: timedelta = _MINUTE


def options_of(plain: Mapping[str, Any], over: Mapping[str, Any] | None = None) -> Options:
    """Read options.

    Args:
        plain: As the file has them.
        over: Shortcuts of the command line, by the same names; any of them replaces the file's whole load.

    Raises:
        InvalidInput: Something is missing, unknown or cannot be.
    """
    read = Reader("options", plain)
    scenarios = read.any("scenarios")
    shortcuts = {key: read.any(key) for key in _SHORTCUTS if read.has(key)}
    if over:
        scenarios, shortcuts, where = None, dict(over), "the command line"
    else:
        where = "options"
    if scenarios is not None and shortcuts:
        raise InvalidInput(f"options.{next(iter(shortcuts))}", "there are scenarios too", "put it into one of them")
    made = Options(
        scenarios_of(scenarios) if scenarios is not None else (_shortcut(shortcuts, where),),
        thresholds_of(_thresholds(read)),
        _calling(read),
        read.text("baseURL", "").rstrip("/"),
        read.texts("tags"),
        read.whole("seed", 0),
        read.length("setupTimeout", _MINUTE),
        read.length("teardownTimeout", _MINUTE),
    )
    for key in _SHORTCUTS:
        read.any(key)  # known, for the nearest to what is not
    read.end()
    return made


def _shortcut(given: dict[str, Any], where: str) -> Scenario:
    """Return the scenario that a few words stand for: k6's rules, and `rate`."""
    if "rate" in given:
        return scenario_of("default", _open(given), where)
    if "stages" in given:
        start = {"startVUs": given.pop("vus")} if "vus" in given else {}
        return scenario_of("default", {"executor": "ramping-vus", **start, **given}, where)
    if "iterations" in given:
        length = {"maxDuration": given.pop("duration")} if "duration" in given else {}
        return scenario_of("default", {"executor": "shared-iterations", **length, **given}, where)
    if "duration" in given:
        return scenario_of("default", {"executor": "constant-vus", **given}, where)
    return scenario_of("default", {"executor": "per-vu-iterations", **given}, where)


def _open(given: dict[str, Any]) -> dict[str, Any]:
    given = dict(given)
    vus = given.pop("vus", None)
    more: dict[str, Any] = {"executor": "constant-arrival-rate"}
    if vus is not None:
        more |= {"preAllocatedVUs": vus, "maxVUs": given.pop("maxVUs", max(vus, default_most(float(given["rate"]))))}
    if "stages" in given:
        return {**more, "executor": "ramping-arrival-rate", "startRate": given.pop("rate"), **given}
    return {**more, **given}


def _thresholds(read: Reader) -> Mapping[str, Any]:
    given = read.any("thresholds", {})
    if not isinstance(given, Mapping):
        raise InvalidInput(read.field("thresholds"), f"{given!r} is no mapping", "write {metric: [condition, …]}")
    return given


def _calling(read: Reader) -> Calling:
    plain = Calling()
    return Calling(
        timeout=read.length("timeout", plain.timeout),
        redirects=read.whole("maxRedirects", plain.redirects),
        headers=read.texts("headers"),
        user_agent=read.text("userAgent", plain.user_agent),
        discard_bodies=read.truth("discardResponseBodies"),
        reuse_connections=not read.truth("noConnectionReuse"),
        cookies=not read.truth("noCookies"),
        cookies_last=read.truth("noCookiesReset"),
        insecure=read.truth("insecureSkipTLSVerify"),
        ca_file=read.text("caFile", ""),
        certificate=read.text("certificate", ""),
        key=read.text("key", ""),
        hosts=read.texts("hosts"),
        connections_per_origin=read.whole("batchPerHost", plain.connections_per_origin, 1),
        fall_back=not read.truth("noAddressFallback"),
        resume_tls=not read.truth("noTLSResumption"),
    )
