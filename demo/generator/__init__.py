"""A year of feedback for Fellgang, put together from the hand-written sentences in ../corpus.

    build                           one part of the data after the other: begin to read here
    parts/                          the parts: what is planted, and everything else
    plan, tables/                   how much of what and when; words and weights
    corpus, shelf                   the sentences, and which of them fit an occasion
    draft, compose, joining         sentences become a text
    hand, slips                     the text as its author typed it
    book, record, themes, words     all feedback so far; no text repeats another by accident
    effect, truth, table, stats     what was planted, measured and written down

The result is the same byte for byte on every machine: all chance comes from random() of one
seeded generator (`chance`), what is walked has an order, floats are added up in loops.
"""
