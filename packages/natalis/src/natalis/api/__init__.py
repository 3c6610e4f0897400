"""The HTTP front door: parse, call a use case, render."""
