"""A year of feedback for Fellgang, put together from the hand-written sentences in ../corpus.

`build` is the table of contents: it plants one part of the data after the other. The result is
the same byte for byte on every machine: the only source of chance is random.Random(SEED).random()
(`chance`), lists and not sets are walked, floats are added up in loops, line ends are fixed.
"""
