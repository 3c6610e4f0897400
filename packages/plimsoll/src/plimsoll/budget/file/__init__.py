"""The budget file as it is written: its sections, how it is read, and what is wrong with it."""
