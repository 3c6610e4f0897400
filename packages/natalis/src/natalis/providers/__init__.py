"""Implementations of `ports/provider.py`."""
