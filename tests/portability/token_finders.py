"""Finders over tokens: words, calls and types, wherever they stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot.tokenizer_core import TokenType

from tests.portability.parentheses import inside, split
from tests.portability.vocabulary import ARGUMENTS, FUNCTIONS, NEED_SIZE, SYNTAX, TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlglot.tokenizer_core import Token

    from tests.portability.rules import Code


def words(*sequences: str) -> Callable[[Code], Iterator[str]]:
    """Finds any of these sequences of words or signs, outside of strings and quoted names."""
    wanted = [sequence.split() for sequence in sequences]

    def find(code: Code) -> Iterator[str]:
        texts = [_word(token) for token in code.tokens]
        # sqlglot makes one token of `order by`
        texts = [part for text in texts for part in text.split() or [""]]
        for place in range(len(texts)):
            for sequence in wanted:
                if texts[place : place + len(sequence)] == sequence:
                    yield " ".join(texts[max(place - 3, 0) : place + len(sequence) + 3])

    return find


def _word(token: Token) -> str:
    if token.token_type in (TokenType.STRING, TokenType.NATIONAL_STRING):
        return "''"
    return "[]" if token.token_type is TokenType.IDENTIFIER else token.text.lower()


def calls(code: Code) -> Iterator[tuple[str, int]]:
    """Name and number of arguments of everything that is called."""
    tokens = code.tokens
    for place, token in enumerate(tokens[:-1]):
        if tokens[place + 1].token_type is not TokenType.L_PAREN or not token.text.isidentifier():
            continue
        name, before = _word(token), _word(tokens[place - 1]) if place else ""
        if (
            name == "[]"
            or name in SYNTAX
            or name in TYPES
            or before in ("as", ".", "table", "into")
        ):
            continue
        yield name, _arguments(tokens, place + 1)


def _arguments(tokens: list[Token], start: int) -> int:
    depth, commas = 0, 0
    for token in tokens[start:]:
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        commas += depth == 1 and token.token_type is TokenType.COMMA
        if not depth:
            break
    return 0 if tokens[start + 1].token_type is TokenType.R_PAREN else commas + 1


def unknown_functions(code: Code) -> Iterator[str]:
    return (name for name, _ in calls(code) if name not in FUNCTIONS)


def wrong_arguments(code: Code) -> Iterator[str]:
    for name, count in calls(code):
        least, most = ARGUMENTS.get(name, (0, 254))
        if not least <= count <= most:
            yield f"{name} with {count}"


def types_of(code: Code) -> Iterator[tuple[str, bool]]:
    """Types that are cast to or that columns are made of, and whether they have a size."""
    text = re.sub(r"'(?:[^']|'')*'", "''", code.text.lower())
    for match in re.finditer(r"\bcast\s*\(|\bconvert\s*\(", text):
        within = inside(text, match.end())
        kind = within.split(",")[0] if "convert" in match[0] else re.split(r"\bas\b", within)[-1]
        yield _type(kind)
    if table := re.search(r"\bcreate\s+table\s+[^(]+\(", text):
        for column in split(inside(text, table.end())):
            if not re.match(r"(primary|unique|check|foreign|constraint)\b", column):
                yield _type(column.split(None, 1)[1])
    if added := re.search(r"\balter\s+table\s+\S+\s+add\s+\S+\s+(.+)", text, re.DOTALL):
        yield _type(added[1])


def _type(text: str) -> tuple[str, bool]:
    match = re.match(r"\s*([a-z0-9_]+)\s*(\()?", text)
    return (match[1], bool(match[2])) if match else (text, False)


def unknown_types(code: Code) -> Iterator[str]:
    return (name for name, _ in types_of(code) if name not in TYPES)


def unsized_types(code: Code) -> Iterator[str]:
    return (name for name, sized in types_of(code) if name in NEED_SIZE and not sized)


def beyond_ascii(code: Code) -> Iterator[str]:
    for token in code.tokens:
        if not token.text.isascii():
            yield token.text


def long_names(code: Code) -> Iterator[str]:
    return (
        token.text
        for token in code.tokens
        if token.token_type in (TokenType.IDENTIFIER, TokenType.VAR) and len(token.text) > 128
    )
