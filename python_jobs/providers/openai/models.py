"""What is known of OpenAI's models, so that a mistake is found before the first call."""

from __future__ import annotations

import re

from python_jobs.errors import ConfigurationError

SHORTENABLE = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072}
"""Models that take `dimensions`, with their full width."""
FIXED = {"text-embedding-ada-002": 1536}
"""Models with one width."""

_EMBEDS = re.compile(r"text-embedding-")
_CHATS = re.compile(r"(gpt-|chatgpt-|o[134]($|-))")
_ANSWER_FRAME, _ANSWER_ITEM = 500, 250
_THOUGHT_FRAME, _THOUGHT_ITEM = 4_000, 500
_STEADY = re.compile(r"gpt-(4|3\.5|35)")


def dimensions(model: str, asked: int | None) -> int:
    """The width of the vectors.

    Args:
        model: the embedding model.
        asked: INSIGHTS_EMBEDDING_DIMENSIONS.

    Raises:
        ConfigurationError: the model does not have the dimensions, is one that chats, or its
            width is neither known nor given.
    """
    hint = "see INSIGHTS_EMBEDDING_MODEL and INSIGHTS_EMBEDDING_DIMENSIONS"
    if _CHATS.match(model):
        raise ConfigurationError(f"{model} is a chat model and gives no embeddings", hint=hint)
    if model in SHORTENABLE:
        full = SHORTENABLE[model]
        if asked is not None and asked > full:
            raise ConfigurationError(
                f"{model} has at most {full} dimensions, not {asked}", hint=hint
            )
        return asked or full
    if model in FIXED:
        if asked not in (None, FIXED[model]):
            raise ConfigurationError(
                f"{model} has {FIXED[model]} dimensions and no option to change that, not {asked}",
                hint=hint,
            )
        return FIXED[model]
    if asked is None:
        raise ConfigurationError(
            f"the dimensions of {model} are not known",
            hint="set INSIGHTS_EMBEDDING_DIMENSIONS to the length of its vectors "
            f"(known: {', '.join([*SHORTENABLE, *FIXED])})",
        )
    return asked


def check_chat(model: str) -> None:
    """Say no to a model that cannot chat.

    Raises:
        ConfigurationError: it is an embedding model.
    """
    if _EMBEDS.match(model):
        raise ConfigurationError(
            f"{model} gives embeddings and cannot tag or name", hint="see INSIGHTS_CHAT_MODEL"
        )


def takes_temperature(model: str) -> bool:
    """Whether the model takes a temperature; the reasoning families reject it."""
    return _STEADY.match(model) is not None


def longest_answer(model: str, items: int) -> int:
    """`max_completion_tokens` for an answer about so many items.

    Our own limits, about four times what such answers need: what a model that runs wild writes is
    paid for, and a ceiling on costs needs a most. Models that may think first get more, since
    thoughts count as written.
    """
    longest = _ANSWER_FRAME + _ANSWER_ITEM * items
    if takes_temperature(model):
        return longest
    return longest + _THOUGHT_FRAME + _THOUGHT_ITEM * items
