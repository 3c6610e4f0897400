"""Rates, laws, autoscaling, cost."""
