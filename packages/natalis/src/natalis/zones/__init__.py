"""The pinned IANA time-zone database."""
