"""Databases as metrics and spans: PostgreSQL through asyncpg, SQLite, and statements read for what they do."""
