"""The rules: pure, without I/O, without a clock, without async, on the standard library alone."""
