"""What a run measured, and what is said of it: histograms, tallies, recordings, thresholds, runs.

Everything here is plain data that merges exactly: two halves of a run, recorded apart and merged, equal the whole.

`histogram.py` counts values in constant memory, `tallies.py` are the four kinds of metric, `recording.py` holds them by
metric and tags, `timeline.py` keeps a run over time in a fixed number of slots, `thresholds.py` reads and judges
conditions in k6's language, `run.py` is a whole run.
"""
