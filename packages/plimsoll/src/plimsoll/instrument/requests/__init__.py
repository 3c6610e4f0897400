"""Requests of any ASGI application: metrics, routes, ids, lines of log, spans, and what their pages felt like."""
