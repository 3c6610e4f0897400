"""The budget file: what a service promises, said once, and everything that is rendered from it.

The file, in `file/`: `model.py` is its shape, with `routing.py`, `outputs.py` and `boards.py` for who is told, where
things go and what is shown; `amounts.py` are its quantities. `reading.py` reads it with line and column, `refusals.py`
says what cannot be, `schema.py` publishes its JSON Schema. `indicators.py` is what can be promised, `beginnings.py`
writes a first file.

What comes of it: `promises.py` are budgets as renderers see them, `alerts.py` whom they tell. `rendering.py` lists what
is rendered: `rules/`, `alertmanager.py`, `dashboards/`, `openslo.py`, `k6_plan.py`, `pages/`; load tests are judged by
`load_thresholds.py`.

How it stands: `asking/` asks Prometheus and reads what was recorded; `explaining/` says what an alert means, how soon
it comes and what that costs; `links.py` is whereto it leads.
"""
