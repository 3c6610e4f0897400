"""Panels about the database and the cache, as the service sees them and as they see themselves."""

from __future__ import annotations

from plimsoll.budget.dashboards.panel import RATE, Panel, Query
from plimsoll.budget.dashboards.queries import highest, mean, or_zero, quantile, rate, spread, total
from plimsoll.budget.dashboards.view import View
from plimsoll.budget.file.boards import Kind, Scale
from plimsoll.budget.promql import Matcher
from plimsoll.budget.sources import Source

_SLOWEST = 10
_FOUND = ("hits", "misses")
_OF_QUERIES = "{{operation}} {{table}}"
_DATABASES = Matcher("datname", "!~", "template[01]")


def queries_by_operation(view: View) -> Panel:
    """Return how many queries the service asks."""
    query = Query(rate(view.of(Source.DATABASE, "db_queries_total"), "operation"), "{{operation}}")
    return Panel("Queries by operation", (query,), Kind.STACK, Scale.PER_SECOND, "As the service asks them.")


def queries_by_table(view: View) -> Panel:
    """Return which tables they are for."""
    query = Query(rate(view.of(Source.DATABASE, "db_queries_total"), "table"), "{{table}}")
    return Panel("Queries by table", (query,), Kind.STACK, Scale.PER_SECOND, "The first table that a query names.")


def query_p95(view: View) -> Panel:
    """Return how long they take."""
    query = Query(
        quantile(0.95, view.of(Source.DATABASE, "db_query_duration_seconds"), "operation"),
        "{{operation}}",
        exemplars=True,
    )
    panel = Panel(
        "Query p95", (query,), scale=Scale.SECONDS, about="As the service waits, with the way there and back."
    )
    return view.with_bounds(panel, "query p95")


def query_heatmap(view: View) -> Panel:
    """Return how many took how long."""
    query = Query(spread(view.of(Source.DATABASE, "db_query_duration_seconds")), "{{le}}", exemplars=True)
    return Panel("Query durations", (query,), Kind.HEATMAP, Scale.SECONDS, "How many queries a second took how long.")


def slow_queries(view: View) -> Panel:
    """Return the slowest sorts of query."""
    durations = view.of(Source.DATABASE, "db_query_duration_seconds")
    each = ("operation", "table")
    queries = (
        Query(f"topk({_SLOWEST}, {mean(durations, *each)})", "mean"),
        Query(f"topk({_SLOWEST}, {quantile(0.99, durations, *each)})", "p99"),
    )
    about = f"The {_SLOWEST} sorts of query with the longest mean and p99."
    return view.with_bounds(Panel("Slowest queries", queries, Kind.TABLE, Scale.SECONDS, about), "query mean")


def pool(view: View) -> Panel:
    """Return how much of each pool of connections is lent."""
    query = Query(highest(view.of(Source.DATABASE, "db_connection_pool_usage"), "job", "pool"), "{{job}} {{pool}}")
    about = "Connections lent of the most there may be, of the fullest process."
    return view.with_bounds(Panel("Pool", (query,), scale=Scale.SHARE, about=about, most=1), "pool use")


def pool_connections(view: View) -> Panel:
    """Return how many connections are lent."""
    query = Query(total(view.of(Source.DATABASE, "db_connections_active"), "job", "pool"), "{{job}} {{pool}}")
    return Panel("Connections lent", (query,), about="Over all processes.")


def server_connections(view: View) -> Panel:
    """Return how many connections the server has of the most it allows."""
    return view.measured("Connections of the most", "database connections", Kind.LINES)


def server_states(view: View) -> Panel:
    """Return what the server's connections do."""
    query = Query(total(view.of(Source.POSTGRES, "pg_stat_activity_count"), "state"), "{{state}}")
    about = "Many that are idle in transaction hold locks and old rows."
    return Panel("Connections by state", (query,), Kind.STACK, about=about)


def transactions(view: View) -> Panel:
    """Return commits and rollbacks."""
    queries = tuple(
        Query(rate(view.of(Source.POSTGRES, f"pg_stat_database_xact_{each}", _DATABASES)), f"{each}s")
        for each in ("commit", "rollback")
    )
    return Panel("Commits and rollbacks", queries, scale=Scale.PER_SECOND, about="Of all databases of the server.")


def blocks_found(view: View) -> Panel:
    """Return how often the server need not read from disk."""
    return view.measured("Blocks found in memory", "database cache hits", Kind.LINES)


def rows(view: View) -> Panel:
    """Return what is done to rows."""
    kinds = ("inserted", "updated", "deleted", "fetched", "returned")
    queries = tuple(
        Query(rate(view.of(Source.POSTGRES, f"pg_stat_database_tup_{each}", _DATABASES)), each) for each in kinds
    )
    about = "Returned are those that scans went through; far more of them than fetched means an index is missing."
    return Panel("Rows", queries, scale=Scale.PER_SECOND, about=about)


def database_size(view: View) -> Panel:
    """Return how large the databases are."""
    query = Query(highest(view.of(Source.POSTGRES, "pg_database_size_bytes", _DATABASES), "datname"), "{{datname}}")
    return Panel("Size", (query,), scale=Scale.BYTES, about="Of each database, with its indexes.")


def locks(view: View) -> Panel:
    """Return which locks are held."""
    query = Query(total(view.of(Source.POSTGRES, "pg_locks_count", _DATABASES), "mode") + " > 0", "{{mode}}")
    return Panel("Locks", (query,), Kind.STACK, about="Held now, by how much they exclude.")


def replica_lag(view: View) -> Panel:
    """Return how far the replica is behind."""
    query = Query(
        or_zero(highest(view.of(Source.DATABASE, "db_replica_lag_seconds"), "job", "pool")), "{{job}} {{pool}}"
    )
    panel = Panel("Replica lag", (query,), scale=Scale.SECONDS, about="As the service last heard; 0 without a replica.")
    return view.with_bounds(panel, "replica lag")


def commits_now(view: View) -> Panel:
    """Return how many transactions the server commits."""
    query = Query(rate(view.of(Source.POSTGRES, "pg_stat_database_xact_commit", _DATABASES)), "commits")
    return Panel("Commits", (query,), Kind.STAT, Scale.PER_SECOND, "Of all databases of the server.")


def redis_operations(view: View) -> Panel:
    """Return what the service asks of Redis."""
    view.of(Source.REDIS, "redis_up")  # a cache need not be Redis
    query = Query(rate(view.of(Source.CACHE, "redis_operations_total"), "operation"), "{{operation}}")
    return Panel("Redis operations", (query,), Kind.STACK, Scale.PER_SECOND, "As the service asks them.")


def redis_p95(view: View) -> Panel:
    """Return how long Redis takes."""
    view.of(Source.REDIS, "redis_up")
    durations = view.of(Source.CACHE, "redis_operation_duration_seconds")
    query = Query(quantile(0.95, durations, "operation"), "{{operation}}")
    return Panel("Redis p95", (query,), scale=Scale.SECONDS, about="As the service waits.")


def cache_hits(view: View) -> Panel:
    """Return how often the service's cache has it."""
    return view.measured("Cache hits", "cache hits", Kind.LINES)


def redis_memory(view: View) -> Panel:
    """Return how much memory Redis has in use."""
    queries = (
        Query(total(view.of(Source.REDIS, "redis_memory_used_bytes"), "instance"), "{{instance}} in use"),
        Query(total(view.of(Source.REDIS, "redis_memory_max_bytes"), "instance"), "{{instance}} at most"),
    )
    return Panel("Redis memory", queries, scale=Scale.BYTES, about="At most 0 means that no limit is set.")


def redis_share(view: View) -> Panel:
    """Return how much of its limit Redis uses."""
    return view.measured("Memory of the most", "redis memory", zero=True)


def redis_commands(view: View) -> Panel:
    """Return which commands Redis gets."""
    query = Query(rate(view.of(Source.REDIS, "redis_commands_total"), "cmd"), "{{cmd}}")
    return Panel("Commands", (query,), Kind.STACK, Scale.PER_SECOND, "As Redis counts them, of all who ask it.")


def redis_rate(view: View) -> Panel:
    """Return how many commands Redis gets."""
    query = Query(rate(view.of(Source.REDIS, "redis_commands_processed_total")), "commands")
    return Panel("Commands", (query,), Kind.STAT, Scale.PER_SECOND, "As Redis counts them, of all who ask it.")


def redis_keyspace(view: View) -> Panel:
    """Return how often Redis has the key."""
    queries = tuple(
        Query(rate(view.of(Source.REDIS, f"redis_keyspace_{each}_total")), each) for each in ("hits", "misses")
    )
    return Panel("Keyspace hits", queries, Kind.STACK, Scale.PER_SECOND, "Keys that were there and that were not.")


def redis_hit_share(view: View) -> Panel:
    """Return the share of keys that Redis had."""
    hits, misses = (f"sum(rate({view.of(Source.REDIS, f'redis_keyspace_{each}_total')}[{RATE}]))" for each in _FOUND)
    query = Query(f"{hits} / (({hits} + {misses}) > 0)", "hits")
    return Panel("Keys found", (query,), Kind.STAT, Scale.SHARE, "Of all that were asked for.", most=1)


def redis_keys(view: View) -> Panel:
    """Return how many keys there are."""
    query = Query(total(view.of(Source.REDIS, "redis_db_keys"), "db") + " > 0", "{{db}}")
    return Panel("Keys", (Query(f"({query.expression}) or on() vector(0)", "{{db}}"),), about="By database.")


def redis_clients(view: View) -> Panel:
    """Return how many are connected to Redis."""
    query = Query(total(view.of(Source.REDIS, "redis_connected_clients"), "instance"), "{{instance}}")
    return Panel("Clients", (query,), about="Connections that are open.")


def redis_evictions(view: View) -> Panel:
    """Return how many keys Redis drops."""
    queries = tuple(
        Query(rate(view.of(Source.REDIS, f"redis_{each}_keys_total")), each) for each in ("evicted", "expired")
    )
    return Panel("Keys dropped", queries, scale=Scale.PER_SECOND, about="Evicted are those that had no room.")
