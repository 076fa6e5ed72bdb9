"""Text between parentheses: what sqlglot has no tree for."""

from __future__ import annotations


def inside(text: str, start: int) -> str:
    """What stands between the parenthesis before `start` and its counterpart."""
    depth = 1
    for place in range(start, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if not depth:
            return text[start:place]
    return text[start:]


def split(text: str) -> list[str]:
    """The parts between commas that no parentheses hold."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]
