"""The budget file and its renderers."""
