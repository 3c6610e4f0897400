"""Verdicts, and how they are shown.

`findings.py` is what is said of a run, as plain rows; `reading.py` makes it from a run, `k6_reading.py` from a summary
of k6. All reports are made from it: `terminal.py`, `k6_json.py`, `html.py`, `junit.py`, `csv_series.py`, `markdown.py`;
`files.py` writes them, `curves.py` draws percentiles in the terminal. While a run goes on,
`live.py` shows it and `exposition.py` offers it to Prometheus.
"""
