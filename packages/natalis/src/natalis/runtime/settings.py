"""The settings: one frozen value, read from `natalis.toml` and the environment, validated whole at start-up."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

from natalis.domain.occasion import KindRule
from natalis.errors import SettingsInvalid
from natalis.providers.call_template import DEFAULT_CALL
from natalis.runtime.kinds import DEFAULT_KINDS, read_kinds
from natalis.runtime.readers import ALL, READERS, Ratio, written
from natalis.runtime.settings_rules import contradictions
from plimsoll.instrument.cost import Prices

CONFIG_FILE = "natalis.toml"
_PREFIX = "NATALIS_"
_UNPREFIXED = frozenset(
    {"DATABASE_URL", "DATABASE_REPLICA_URL", "QUEUE_URL", "REDIS_URL", "WORKER_CONCURRENCY"}
    | {"METRICS_DIR", "METRICS_PORT"}
    | {"LOG_FORMAT", "LOG_LEVEL", "LOG_REQUESTS", "LOG_SLOW_REQUESTS"}
    | {"SENTRY_DSN", "SENTRY_ENVIRONMENT", "SENTRY_TRACES_SAMPLE_RATE"}
    | {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_SERVICE_NAME"}
    | {"OTEL_SDK_DISABLED", "OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG"}
)
_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@/\s]*(?=@)|([?&]\w*password=)[^&\s]*", re.IGNORECASE)
_OURS_BUT_NO_SETTING = frozenset({"NATALIS_CONFIG", "NATALIS_DEBUG"})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator may choose; each says beside its type what it does."""

    database_url: Annotated[
        str,
        "where people and deliveries are kept: `sqlite:PATH`, or `postgresql://…` for a fleet",
    ] = "sqlite:natalis.db"
    database_replica_url: Annotated[
        str | None,
        "a streaming replica of that PostgreSQL, for reads that bear a second's lag; none, the primary reads all",
    ] = None
    queue_url: Annotated[
        str | None,
        "the queue between processes: `amqp://…`, several nodes separated by commas; none, one in this process",
    ] = None
    redis_url: Annotated[
        str | None,
        "the cache and the rates that the processes of a fleet share: `redis://…`; none, each process has its own",
    ] = None
    host: Annotated[str, "address the API listens on; anything but loopback needs a token first"] = "127.0.0.1"
    port: Annotated[int, "port of the API; 0 picks a free one"] = 3000
    metrics_port: Annotated[int, "port of `/metrics` for Prometheus, on the same address; 0 turns it off"] = 9464
    prices: Annotated[
        Prices | None,
        "dollars that this process costs, told as `service_cost_dollars_total`: "
        "`cpu_second=0.0000112, gb_hour=0.0045, instance_hour=0.1`, or some of these; none turns it off",
    ] = None
    metrics_dir: Annotated[
        Path | None,
        "folder that the processes of one machine share, so that each shows at `/metrics` what all did; "
        "best in memory, such as /dev/shm/natalis; none, each shows its own",
    ] = None
    api_rate: Annotated[
        float | None,
        "requests a second that one client may make where others than this machine can call; 0 for no limit",
    ] = 100.0
    public_url: Annotated[
        str | None,
        "address under which recipients reach the API, for unsubscribe and feedback links; none, no links",
    ] = None
    templates: Annotated[Path | None, "folder of message templates; none, the packaged ones"] = None
    provider_url: Annotated[
        str | None,
        "HTTP e-mail service, such as http://127.0.0.1:3030; none prints messages",
    ] = None
    provider_path: Annotated[str, "path of the provider's call"] = "/send-email"
    provider_headers: Annotated[
        Mapping[str, str],
        "headers of the provider's call, as a JSON object or a table `[provider_headers]`: an API key, for instance",
    ] = field(default_factory=dict, metadata={"secret": True})
    provider_body: Annotated[
        str,
        "JSON body of the provider's call, with {email}, {subject}, {message}, {html}, {headers} and {key}",
    ] = DEFAULT_CALL
    provider_key_header: Annotated[str, "header that carries the idempotency key"] = "Idempotency-Key"
    provider_allow_plain_http: Annotated[
        bool,
        "whether a provider at a public address may be called without TLS",
    ] = False
    provider_timeout: Annotated[timedelta, "how long one call of the provider may take"] = timedelta(seconds=10)
    provider_rate: Annotated[
        float | None,
        "messages that this process sends in any one second at most: what the provider takes, divided by the number "
        "of workers; 0 for no limit",
    ] = None
    provider_recognises_repeats: Annotated[
        bool,
        "whether the provider sends a message once only when it sees its idempotency key again",
    ] = True
    on_unknown: Annotated[
        str,
        "what to do about a call whose answer never came, at a provider that does not "
        "recognise repeats: `retry` (some may get two messages) or `hold` (fails, for a person to decide)",
    ] = "retry"
    worker_concurrency: Annotated[int, "calls of the provider under way at once"] = 100
    worker_lease: Annotated[timedelta, "how long a claim holds unless it is renewed"] = timedelta(seconds=30)
    max_attempts: Annotated[int, "attempts after which a delivery fails"] = 15
    retry_base: Annotated[timedelta, "longest wait before the second attempt; doubles each time"] = timedelta(seconds=2)
    retry_cap: Annotated[timedelta, "longest wait between two attempts"] = timedelta(hours=1)
    horizon: Annotated[timedelta, "how far ahead deliveries are planned"] = timedelta(hours=24)
    catch_up_rate: Annotated[float | None, "late messages a second after downtime; 0 for no limit"] = 1000.0
    domain_rate: Annotated[float | None, "messages a second to one receiving domain; 0 for no limit"] = None
    warm_up: Annotated[
        timedelta,
        "span over which a new sender's domain rate grows from a hundredth to the whole; 0s for none",
    ] = timedelta(0)
    lost_after: Annotated[
        timedelta,
        "how long a delivery may be queued while the queue is empty before it is taken for lost",
    ] = timedelta(minutes=1)
    keep_deliveries: Annotated[
        timedelta,
        "how long PostgreSQL keeps deliveries and ratings after their month has ended, 366d or more; 0s for ever",
    ] = timedelta(0)
    drain: Annotated[timedelta, "how long calls under way may take to end at shutdown"] = timedelta(seconds=25)
    log_format: Annotated[
        str,
        "how a running process logs: `json`, one object a line by the names of ECS; `text`, for people; "
        "`auto`, `json` where `--json` is given",
    ] = "auto"
    log_level: Annotated[
        str, "the least that is logged: `debug`, which has every message, `info`, `warning`, `error`"
    ] = "info"
    log_requests: Annotated[
        str,
        "which requests have a line of log: `error`, those that failed here (500 and above); `warning`, slow ones "
        "too; `info` or `1`, all but probes that go well; `debug`, those too; `0`, none; "
        "`auto`, all where `LOG_LEVEL` is `debug`, else none",
    ] = "auto"
    log_slow_requests: Annotated[timedelta, "from how long on a request is slow"] = timedelta(seconds=1)
    otel_exporter_otlp_endpoint: Annotated[
        str | None,
        "OpenTelemetry collector that traces go to, such as http://127.0.0.1:4318; none turns tracing off",
    ] = None
    otel_sdk_disabled: Annotated[bool, "whether nothing is traced, even where a collector is named"] = False
    otel_exporter_otlp_protocol: Annotated[str, "how it is spoken to: `http/protobuf` or `grpc`"] = "http/protobuf"
    otel_service_name: Annotated[str, "what traces call this service"] = "natalis"
    otel_traces_sampler: Annotated[
        str,
        "how it is chosen which of the traces begun here are kept: `traceidratio`, by `OTEL_TRACES_SAMPLER_ARG`; "
        "`always_on`; `always_off`; with `parentbased_` before it, the same",
    ] = "parentbased_traceidratio"
    otel_traces_sampler_arg: Annotated[
        Ratio,
        "part of the traces begun here that is kept, from 0 to 1; a request that belongs to its caller's trace is kept "
        "when that is",
    ] = ALL
    otel_resource_attributes: Annotated[
        str, "what else traces say of this process, such as `deployment.environment.name=production,team=mail`"
    ] = ""
    sentry_dsn: Annotated[str | None, "Sentry project that errors are reported to; none reports none"] = field(
        default=None, metadata={"secret": True}
    )
    sentry_environment: Annotated[str, "what Sentry calls this installation"] = "production"
    sentry_traces_sample_rate: Annotated[
        Ratio | None,
        "part of the traces that Sentry gets too; none for a tenth in `production` and all elsewhere",
    ] = None
    kinds: Annotated[
        Mapping[str, KindRule],
        "rules of each kind of occasion, as tables `[kinds.NAME]` of natalis.toml",
    ] = field(default_factory=lambda: DEFAULT_KINDS)

    @property
    def is_fleet(self) -> bool:
        """Whether several processes may share the work."""
        return not self.database_url.startswith("sqlite:")

    @property
    def database_path(self) -> Path:
        """The SQLite file."""
        return Path(self.database_url.removeprefix("sqlite:")).expanduser()


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting as an operator sees it.

    Attributes:
        name: As in `natalis.toml`.
        variable: As in the environment.
        reads: Turns text into the value; raises ValueError with what would be right.
        default: The value when nobody chooses.
        doc: What it does.
        is_secret: Whether its value must not be shown.
    """

    name: str
    variable: str
    reads: Callable[[str], object]
    default: object
    doc: str
    is_secret: bool = False

    def shown(self, value: object) -> str:
        """Return a value as it would be set and may be shown: no secret, and no password inside a URL."""
        return "(set, not shown)" if self.is_secret and value else _PASSWORD.sub(r"\1\2***", written(value))


def choices() -> dict[str, Choice]:
    """Return every setting that a text can choose, by name: all but the kinds."""
    hints = get_type_hints(Settings, include_extras=True)
    return {each.name: _choice(each, hints[each.name]) for each in fields(Settings) if each.name != "kinds"}


def _choice(of: Field[Any], hint: object) -> Choice:
    kind, doc = get_args(hint)
    default = of.default if of.default_factory is MISSING else of.default_factory()
    return Choice(of.name, variable_of(of.name), READERS[kind], default, doc, is_secret=bool(of.metadata.get("secret")))


def variable_of(name: str) -> str:
    """Return the environment variable of a setting: `PORT` is `NATALIS_PORT`, `DATABASE_URL` stands as it is."""
    upper = name.upper()
    return upper if upper in _UNPREFIXED else _PREFIX + upper


def load(environ: Mapping[str, str], *, folder: Path | None = None) -> Settings:
    """Read the settings: defaults, then the file, then the environment.

    Args:
        environ: The environment; `NATALIS_CONFIG` names the file.
        folder: Where `natalis.toml` is looked for without that; None for the current one.

    Raises:
        SettingsInvalid: With every fault that was found.
    """
    problems: list[str] = []
    texts: dict[str, tuple[str, str]] = {}
    table = _read_file(environ, folder or Path.cwd(), problems)
    kinds = read_kinds(table.pop("kinds", {}), problems)
    known = choices()
    for name, value in table.items():
        if name in known:
            texts[name] = (f"{CONFIG_FILE}: {name}", _as_text(value))
        else:
            problems.append(f"{CONFIG_FILE}: {name} is not a setting{_nearest(name, [*known, 'kinds'])}")
    by_variable = {choice.variable: name for name, choice in known.items()}
    for variable, value in environ.items():
        if variable in by_variable:
            texts[by_variable[variable]] = (variable, value)
        elif variable.startswith(_PREFIX) and variable not in _OURS_BUT_NO_SETTING:
            problems.append(f"{variable} is not a setting{_nearest(variable, list(by_variable))}")
    values: dict[str, Any] = {"kinds": kinds}
    for name, (source, text) in texts.items():
        try:
            values[name] = known[name].reads(text)
        except ValueError as error:
            shown = "its value" if known[name].is_secret else repr(known[name].shown(text))
            problems.append(f"{source}: {shown} will not do; {error}")
    settings = Settings(**values)
    problems.extend(contradictions(settings, variable_of))
    if problems:
        raise SettingsInvalid(tuple(problems))
    return settings


def _read_file(environ: Mapping[str, str], folder: Path, problems: list[str]) -> dict[str, Any]:
    named = environ.get("NATALIS_CONFIG")
    path = Path(named) if named else folder / CONFIG_FILE
    if not named and not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problems.append(f"NATALIS_CONFIG: {path} cannot be read ({error.strerror}); name a file that can")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path.name}: {error}; mend the file (https://toml.io shows the form)")
    return {}


def _as_text(value: object) -> str:
    return json.dumps(value) if isinstance(value, bool | dict) else str(value)


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {close[0]}?" if close else "; see `natalis settings` for those there are"
