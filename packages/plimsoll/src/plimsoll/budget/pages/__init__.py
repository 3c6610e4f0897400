"""Pages in Markdown: a table of all that is promised, and a runbook for each alert."""
