"""Feedback in a database of the user's own: read only, from where the last read stopped."""
