"""Templates as files: one folder, a file per kind and language."""
