"""Baselines, paired runs, gates."""
