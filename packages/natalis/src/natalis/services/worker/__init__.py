"""The worker: claims what is queued, calls the provider, completes in batches.

`service.py` is the worker itself. Around it: `mailbag.py` its end of the queue, `gate.py` breaker and rate before the
provider, `claims.py` how it claims, `stock.py` what waits for a place, `calls.py` what is under way, `endings.py` what
came of it, `options.py` its numbers.
"""

from natalis.services.worker.options import OnUnknown, WorkerOptions
from natalis.services.worker.service import Worker

__all__ = ["OnUnknown", "Worker", "WorkerOptions"]
