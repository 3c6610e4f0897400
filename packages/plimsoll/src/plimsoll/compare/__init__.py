"""Baselines, paired runs, gates.

`signed_rank.py` is the statistics of pairs, `figures.py` names what is compared, `paired.py` decides over alternating
rounds, `history.py` judges against stored runs, `changes.py` finds where a metric moved, `store.py` keeps runs,
`gate.py` puts budgets and regression together, `account.py` says what it found, `sampling.py` is what chance in single
runs says. How a verdict comes about is told in `verdicts.md`.
"""
