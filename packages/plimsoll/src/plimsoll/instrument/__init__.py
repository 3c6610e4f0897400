"""Metrics, traces, logs and errors for any ASGI service.

`registry.py` holds the metrics, `asgi.py` times requests, `process.py` watches the process and its event loop, and
`server.py` answers a scraper on a port of its own.
"""
