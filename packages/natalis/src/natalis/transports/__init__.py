"""Implementations of `ports/transport.py`."""
