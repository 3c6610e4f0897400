"""The budget file: what a service promises, said once.

`model.py` is the file, `amounts.py` its quantities, `indicators.py` what can be promised, `reading.py` reads it with
line and column, `schema.py` publishes its JSON Schema, `load_thresholds.py` renders it for load tests.
"""
