"""Servers that run: `server.py` asks, `prometheus.py` knows its API, `standing.py` and `early.py` read the answers."""
