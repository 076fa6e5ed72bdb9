"""What Fellgang sells, and the groups of products that the corpus names."""

from __future__ import annotations

# product key: name, weight among the feedback
PRODUCTS = {
    "ridge": ("Ridgeback Mid Hiking Boot", 20),
    "skerry": ("Skerry Trail Runner", 16),
    "lap": ("Lapwing Low Hiker", 13),
    "corrie": ("Corrie Leather Boot", 9),
    "hoar": ("Hoarfrost Winter Boot", 8),
    "pud": ("Puddock Kids' Boot", 9),
    "beck": ("Beck Approach Shoe", 7),
    "shin": ("Shingle Sandal", 6),
    "heft": ("Heft Merino Sock", 5),
    "cairn": ("Cairn Insole", 4),
    "drov": ("Drover Gaiter", 4),
    "care": ("Tallow Care Kit", 3),
}

# Asked about twice as often in these months, a quarter as often in the others.
SEASONAL = {
    "hoar": (10, 11, 12, 1, 2),
    "shin": (5, 6, 7, 8),
}

GROUPS = {
    "all": list(PRODUCTS),
    "boots": ["ridge", "corrie", "hoar", "pud"],
    "shoes": ["skerry", "lap", "beck"],
    "foot": ["ridge", "skerry", "lap", "corrie", "hoar", "pud", "beck", "shin"],
    "adult": ["ridge", "skerry", "lap", "corrie", "hoar", "beck", "shin"],
    "closed": ["ridge", "skerry", "lap", "corrie", "hoar", "pud", "beck"],
    "proof": ["ridge", "lap", "corrie", "hoar", "pud", "beck"],
    "lace": ["ridge", "corrie", "lap", "skerry", "beck"],
    "glue": ["ridge", "skerry", "lap"],
    "hike": ["ridge", "corrie"],
    "resole": ["ridge", "corrie", "hoar"],
    "winter": ["hoar"],
    "smelly": ["ridge", "skerry", "lap", "beck", "pud", "shin", "hoar"],
    "gearall": ["heft", "cairn", "drov", "care"],
}
