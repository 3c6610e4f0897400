"""Dashboards of a service, from its budget file.

`boards.py` of the room above says what a file may ask for; `panel.py` is what a board is, in words of our own; one
module each makes a built-in board; `catalogue.py` decides which there are; `grafana.py` alone knows Grafana.
"""
