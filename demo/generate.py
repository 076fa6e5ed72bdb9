"""Build the demo data: feedback.csv and truth.json.

    python demo/generate.py                 write both files next to this script
    python demo/generate.py --out DIR       write them somewhere else
    python demo/generate.py --stats         also print how the data turned out

The texts are put together from the hand-written sentences in corpus/ (the format is described in
corpus/FORMAT.txt) by the package generator/. The result is the same byte for byte everywhere.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from generator.build import build
from generator.stats import print_stats
from generator.table import to_csv
from generator.truth import to_json, truth_of

HERE = Path(__file__).resolve().parent


def main(argv: list[str] | None = None) -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description="Write the demo data.")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the two files")
    parser.add_argument("--stats", action="store_true", help="print how the data turned out")
    args = parser.parse_args(argv)
    book = build()
    sentences = book.shelf.sentences
    truth = truth_of(book.records, sentences)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "feedback.csv").write_bytes(to_csv(book.records).encode("utf-8"))
    (args.out / "truth.json").write_bytes(to_json(truth).encode("utf-8"))
    if args.stats:
        print_stats(truth, sentences)
    return 0


if __name__ == "__main__":
    sys.exit(main())
