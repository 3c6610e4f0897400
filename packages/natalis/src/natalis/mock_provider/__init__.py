"""A real e-mail service for trials: it counts what it receives per idempotency key, and fails as it is told to.

The HTTP side is here; an SMTP side will stand beside it on the same register.
"""
