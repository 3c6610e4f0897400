"""Natalis beside other job libraries, at the same work: `make bench-peers`.

`__main__` is the door, `harness` runs one contender at a time, `stage` holds the servers, `meters` reads CPU and
memory, `ledgers` reads what is sent, `verdict` says what went wrong, `report` makes the table and the JSON. Each
contender is one file, `*_contender.py`, run in a virtual environment of its own; what several of them need stands in
`situation`, `knobs`, `crew`, `stock`, `threads` and `loops`, which import nothing of Natalis.
"""
