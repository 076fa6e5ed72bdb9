"""Segments as communities of a neighbour graph; `method.cluster` is the way in."""
