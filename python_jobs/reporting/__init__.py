"""Figures, tables and text for people to look at."""
