"""Files of people: CSV, vCard and NDJSON, read a row at a time."""
