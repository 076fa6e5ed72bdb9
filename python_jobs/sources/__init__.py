"""Files of feedback, read record by record."""
