"""Numbers in cells: in memory or in a file for each process, read where they lie, and put together."""
