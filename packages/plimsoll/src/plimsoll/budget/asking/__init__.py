"""Servers that run: `server.py` asks them, `prometheus.py` knows its API, `standing.py` reads how promises stand."""
