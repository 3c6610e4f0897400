"""Benchmarks: one file answers one question; `python -m perf` runs them and writes `perf/results/NAME.json`."""
