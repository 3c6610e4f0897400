"""What becomes of events: metrics and log lines."""
