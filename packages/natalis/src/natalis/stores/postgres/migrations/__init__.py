"""The steps from an empty database to the schema of today, in order; `schema.sql` shows where they lead."""
