"""Natalis sends every person a message on their day, at nine in their morning, exactly once."""

__version__ = "0.1.0"
