"""How many tokens a text is to a model, counted on this machine without a download.

The tables of OpenAI's tokenizers come with the package quicktok-v1. Feedback is counted as
plain text throughout: one that says "<|endoftext|>" is seven tokens of text, no instruction.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UNKNOWN_FACTOR = 1.1
"""What the count for a model whose tokenizer we do not have is multiplied by (rounded up).

Our own margin: tokenizers of other families (with vocabularies of 100,000 and more) stay within
10% of o200k on European languages; one of 30,000 words can need more, and the server then
refuses the text.
"""

_FRAME = 16
"""Tokens that providers add around a text or a message; OpenAI's chat format adds 3 to 4."""


@dataclass(frozen=True)
class Encoding:
    """A tokenizer's name, and what its counts are multiplied by."""

    name: str
    factor: float = 1.0


_CL100K, _O200K = Encoding("cl100k_base"), Encoding("o200k_base")
_FAMILIES = (  # first match counts; tiktoken/model.py is the list they come from
    (re.compile(r"text-embedding-(3-|ada-002)"), _CL100K),
    (re.compile(r"gpt-4o|gpt-4\.\d|gpt-5|chatgpt-4o"), _O200K),
    (re.compile(r"o[134]($|-)"), _O200K),
    (re.compile(r"gpt-4($|-)|gpt-3\.5|gpt-35"), _CL100K),  # Azure writes gpt-35
)


def encoding_of(model: str) -> Encoding:
    """The tokenizer of a model: o200k with a safety factor of 1.1 where it is not known."""
    name = model.removeprefix("ft:")
    for pattern, encoding in _FAMILIES:
        if pattern.match(name):
            return encoding
    return Encoding(_O200K.name, UNKNOWN_FACTOR)


def count_tokens(texts: Sequence[str], model: str) -> list[int]:
    """The tokens of each text, as the model will see it; any text can be counted."""
    if not texts:
        return []
    encoding = encoding_of(model)
    # one thread: callers are threads themselves, and a batch takes about a millisecond
    _, offsets = _tokenizer(encoding.name).encode_batch([encodable(text) for text in texts], 1)
    counts = [end - start for start, end in pairwise(offsets.tolist())]
    if encoding.factor == 1:
        return counts
    return [math.ceil(count * encoding.factor) for count in counts]


def most_tokens(texts: Iterable[str]) -> int:
    """More tokens than any tokenizer makes of these texts: their bytes, and a frame for each.

    A ceiling has to hold with servers whose tokenizer we do not have, so nothing is counted here
    as a tokenizer would: tokens of every family stand for a byte at least.
    """
    return sum(len(text.encode("utf-8", "replace")) + _FRAME for text in texts)


def encodable(text: str) -> str:
    """The text without lone surrogates, which no request can carry."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


@cache
def _tokenizer(name: str) -> Any:
    # loaded when first needed: the tables take a fraction of a second
    import quicktok  # type: ignore[import-untyped, unused-ignore]

    return quicktok.get_encoding(name)
