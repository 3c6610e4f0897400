"""Queue benchmarks and analyzers."""
