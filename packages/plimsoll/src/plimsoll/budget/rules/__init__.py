"""Rules for Prometheus, and their tests: why they are asked as they are is told in `burn.md`.

`recorded.py` and `costs.py` record, `thresholds.py` and `burns.py` tell, `written.py` writes, `rendered.py` puts it
together. `threshold_trials.py`, `burn_trials.py` and `cost_trials.py` try them with promtool in the steps of `pace.py`;
`tested.py` puts those together.
"""
