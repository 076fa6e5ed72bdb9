"""Embeddings, tags and names without a key or a network, from models in pip packages."""
