"""Metrics, traces, logs and errors for any ASGI service, by one call: `instrument(app, service="shop")`.

`app.py` puts all of it around an application, and `door.py` sees it through its life. `requests/` is what is told of
requests; `databases/`, `queues/`, `redis.py`, `caches.py` and `calls.py` of what a service stands on; `traces/` holds
spans and sends them, `logs.py` writes lines, `errors.py` reports errors. `registry.py` holds the metrics, whose numbers
lie in `cells/`, also for several processes that report as one; `process.py` watches the process and its event loop,
`exposition.py` writes metrics as text, and `server.py` answers a scraper on a port of its own. What cannot be is
refused with `InvalidInput`.
"""

from plimsoll.errors import InvalidInput
from plimsoll.instrument.app import instrument, open_registry
from plimsoll.instrument.door import Instrumented
from plimsoll.instrument.registry import Registry

__all__ = ["Instrumented", "InvalidInput", "Registry", "instrument", "open_registry"]
