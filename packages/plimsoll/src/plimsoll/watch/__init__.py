"""Resources and bottlenecks."""
