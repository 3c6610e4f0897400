"""Where measurements come from: the parts of an instrumented service, and the exporters beside it."""

from __future__ import annotations

from enum import StrEnum


class Source(StrEnum):
    """One origin of metrics; the budget file says which there are, and by which labels their series are found."""

    HTTP = "http"
    """Requests, in the words of the service's dialect."""
    PROCESS = "process"
    """`process_*`, event-loop lag and garbage collection of the service's processes."""
    DATABASE = "database"
    """`db_*`, as the service sees its database."""
    CACHE = "cache"
    """`cache_*` and `redis_operation*`, as the service sees its cache."""
    QUEUE = "queue"
    """`queue_*`, `messages_*` and `worker_*`."""
    BUSINESS = "business"
    """Users, satisfaction, completion, accuracy."""
    VITALS = "vitals"
    """`web_vitals_seconds`."""
    COST = "cost"
    """`service_cost_dollars_total`."""
    NODE = "node"
    """The Prometheus node exporter."""
    POSTGRES = "postgres"
    """The Prometheus exporter of PostgreSQL."""
    REDIS = "redis"
    """The Prometheus exporter of Redis."""
    RABBITMQ = "rabbitmq"
    """RabbitMQ's own Prometheus plug-in."""
    BLACKBOX = "blackbox"
    """The Prometheus blackbox exporter's probes."""
