"""OpenAI and servers that speak its API: embeddings, tags and names."""
