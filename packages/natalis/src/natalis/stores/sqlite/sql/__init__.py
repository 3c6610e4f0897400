"""The queries of the SQLite store, each named and explained."""
