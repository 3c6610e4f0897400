"""Samples, histograms, summaries, thresholds."""
