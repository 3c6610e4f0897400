"""The queries of the PostgreSQL store, each named and explained."""
