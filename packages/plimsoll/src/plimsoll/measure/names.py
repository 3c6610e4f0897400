"""The metrics of a run: k6's, by its names, and those that say how true the run is.

Source of the names and of what each measures: k6's documentation, "Built-in metrics". Times are milliseconds. As there,
`http_req_duration` is sending, waiting and receiving, without connecting. In an open model `http_req_latency` is
measured from the instant at which the request was *due*, so it holds the waiting that a late start hides.
"""

from __future__ import annotations

from typing import Final

from plimsoll.measure.recording import Contains, Kind, Metric

TAG_CHECK: Final = "check"
TAG_ERROR: Final = "error_code"
"""On `http_req_failed` and `http_reqs`: the stable code of why there was no answer, such as `timeout`."""
TAG_GROUP: Final = "group"
TAG_METHOD: Final = "method"
TAG_NAME: Final = "name"
"""Which endpoint: the name a flow gave the request, or its URL."""
TAG_SCENARIO: Final = "scenario"
TAG_STAGE: Final = "stage"
"""Which stage of its scenario, counted from 1; only where a threshold asks for it."""
TAG_STATUS: Final = "status"


def _time(name: str) -> Metric:
    return Metric(name, Kind.TREND, Contains.TIME)


CHECKS: Final = Metric("checks", Kind.RATE)
"""Which share of the checks held; tags `check`, `group`."""
DATA_RECEIVED: Final = Metric("data_received", Kind.COUNTER, Contains.DATA)
"""Bytes that came, heads among them."""
DATA_SENT: Final = Metric("data_sent", Kind.COUNTER, Contains.DATA)
"""Bytes that went."""
DROPPED_ITERATIONS: Final = Metric("dropped_iterations", Kind.COUNTER)
"""Iterations that were due and for which no virtual user was free (open), or time ran out (shared, per-VU)."""
GENERATOR_CPU: Final = Metric("generator_cpu", Kind.TREND)
"""Which share of one core each engine used, in percent, second by second."""
GROUP_DURATION: Final = _time("group_duration")
"""How long a group of a flow took."""
HTTP_REQS: Final = Metric("http_reqs", Kind.COUNTER)
"""Requests that ended, answered or not."""
HTTP_REQ_BLOCKED: Final = _time("http_req_blocked")
"""Waiting for a connection slot, looking up the name, connecting and shaking hands."""
HTTP_REQ_CONNECTING: Final = _time("http_req_connecting")
"""Connecting, where a connection was made."""
HTTP_REQ_DURATION: Final = _time("http_req_duration")
"""Service time: from the first byte sent to the last byte received."""
HTTP_REQ_FAILED: Final = Metric("http_req_failed", Kind.RATE)
"""Which share of the requests *failed*: no answer, or a status that was not expected."""
HTTP_REQ_LATENCY: Final = _time("http_req_latency")
"""From the instant at which it was due to the last byte received; in a closed model from where it started."""
HTTP_REQ_RECEIVING: Final = _time("http_req_receiving")
"""From the first byte received to the last."""
HTTP_REQ_SENDING: Final = _time("http_req_sending")
"""From the first byte sent to the last."""
HTTP_REQ_TLS_HANDSHAKING: Final = _time("http_req_tls_handshaking")
"""Shaking hands, where a connection was made."""
HTTP_REQ_WAITING: Final = _time("http_req_waiting")
"""From the last byte sent to the first byte received."""
INTERRUPTED_ITERATIONS: Final = Metric("interrupted_iterations", Kind.COUNTER)
"""Iterations that were under way when the time for them was over; what they were waiting for is in no figure."""
ITERATIONS: Final = Metric("iterations", Kind.COUNTER)
"""Iterations that ended."""
ITERATION_DURATION: Final = _time("iteration_duration")
"""How long an iteration took, thinking among it."""
ITERATION_ERRORS: Final = Metric("iteration_errors", Kind.COUNTER)
"""Iterations that ended because their flow raised; tag `error_code` holds the kind of error."""
ITERATION_LATENESS: Final = _time("iteration_lateness")
"""How long after its due instant an iteration of an open model started: the generator's own fault, or its limit's."""
USER_TIME: Final = Metric("user_time", Kind.COUNTER, Contains.TIME)
"""How long users were taken in all: over the length of the run it is the mean number in flight (Little's law)."""
VUS: Final = Metric("vus", Kind.GAUGE)
"""Users that are busy."""
VUS_MAX: Final = Metric("vus_max", Kind.GAUGE)
"""Users that there are."""

BUILT_IN: Final = {
    metric.name: metric
    for metric in (
        CHECKS,
        DATA_RECEIVED,
        DATA_SENT,
        DROPPED_ITERATIONS,
        GENERATOR_CPU,
        GROUP_DURATION,
        HTTP_REQS,
        HTTP_REQ_BLOCKED,
        HTTP_REQ_CONNECTING,
        HTTP_REQ_DURATION,
        HTTP_REQ_FAILED,
        HTTP_REQ_LATENCY,
        HTTP_REQ_RECEIVING,
        HTTP_REQ_SENDING,
        HTTP_REQ_TLS_HANDSHAKING,
        HTTP_REQ_WAITING,
        INTERRUPTED_ITERATIONS,
        ITERATIONS,
        ITERATION_DURATION,
        ITERATION_ERRORS,
        ITERATION_LATENESS,
        USER_TIME,
        VUS,
        VUS_MAX,
    )
}
