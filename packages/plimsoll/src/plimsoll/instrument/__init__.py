"""Metrics, traces, logs and errors for any ASGI service."""
