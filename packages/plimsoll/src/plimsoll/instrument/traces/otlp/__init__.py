"""Spans to a collector, as OpenTelemetry's protocol (OTLP) has them; imported where a collector is named."""
