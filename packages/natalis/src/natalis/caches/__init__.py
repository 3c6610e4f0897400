"""Implementations of `ports/cache.py`."""
