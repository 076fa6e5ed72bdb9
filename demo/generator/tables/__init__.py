"""Tables of words and weights: what the generator knows about products, themes and people."""
