"""Database benchmarks and analyzers."""
