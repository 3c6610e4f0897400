"""Chaos: a real fleet on real servers, struck by faults at random while a real provider counts what it receives.

`schedule.py` says what strikes when, as a pure function of a seed. `storm.py` lets it happen: `faults.py` strike and
mend, `fleet.py` runs the processes as a supervisor would, `crowd.py` brings people through the API, `witness.py` sees
what the provider accepts. `reckoning.py` says at the end what was lost or doubled, `report.py` how long recovery took.
`throughput.py` measures one fault by itself: somebody else's long transaction. `python -m natalis.testing.chaos` runs
it all; so does `make chaos`.
"""
