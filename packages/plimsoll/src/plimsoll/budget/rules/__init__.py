"""Rules for Prometheus, and their tests: why they are asked as they are is told in `burn.md`.

`recorded.py` and `costs.py` record, `thresholds.py` and `burns.py` tell, `trials.py` and `burn_trials.py` try them with
promtool, `written.py` writes, `rendered.py` puts it together.
"""
