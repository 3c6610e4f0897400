"""Arrivals, flows, targets, runner."""
