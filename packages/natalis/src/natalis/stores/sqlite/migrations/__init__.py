"""The steps from an empty file to the schema of today, in order; `schema.sql` shows where they lead."""
