"""Good answers of OpenAI's API, worked out from the request.

Embeddings are sums of a random direction for each word, derived from the word alone: the same
in every process, and texts that share words are near each other.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from typing import Any

import numpy as np

from python_jobs.providers import tokens

DIMENSIONS = {
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
    "text-embedding-ada-002": 1536,
}
CHAT_TEMPERATURE_MODELS = ("gpt-4", "gpt-3.5")
MAX_INPUTS, MAX_INPUT_TOKENS, MAX_REQUEST_TOKENS = 2048, 8192, 300_000


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    """The answer of /v1/embeddings."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    if not texts or any(not text for text in texts):
        return _error("'$.input' is invalid: " + repr(texts)[:100], "invalid_request_error")
    sizes = tokens.count_tokens(texts, body["model"])
    if len(texts) > MAX_INPUTS:
        return _error("'$.input' is invalid: at most 2048 inputs", "invalid_request_error")
    if body["model"] in DIMENSIONS and max(sizes) > MAX_INPUT_TOKENS:
        return _error("maximum context length is 8192 tokens", "context_length_exceeded")
    if sum(sizes) > MAX_REQUEST_TOKENS:
        return _error("max 300000 tokens per request", "max_tokens_per_request")
    full = DIMENSIONS.get(body["model"], 1536)
    wanted = body.get("dimensions", full)
    if "dimensions" in body and not body["model"].startswith("text-embedding-3"):
        return _error("This model does not support specifying dimensions.", "invalid_value")
    as_base64 = body.get("encoding_format") == "base64"
    rows = []
    for index, text in enumerate(texts):
        vector = embed(text, wanted)
        value = base64.b64encode(vector.tobytes()).decode() if as_base64 else vector.tolist()
        rows.append({"object": "embedding", "index": index, "embedding": value})
    usage = {"prompt_tokens": sum(sizes), "total_tokens": sum(sizes)}
    return {"object": "list", "data": rows, "model": body["model"], "usage": usage}


def embed(text: str, dimensions: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """A unit vector of float32 derived from the words of the text."""
    words = re.findall(r"\w+", text.casefold()) or [text]
    total = np.sum([_direction(word, dimensions) for word in words], axis=0)
    return np.asarray(total / np.linalg.norm(total), dtype=np.float32)


@cache
def _direction(word: str, dimensions: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "little")
    return np.random.default_rng(seed).standard_normal(dimensions)


def chat(body: dict[str, Any]) -> dict[str, Any]:
    """The answer of /v1/chat/completions, for the schemas that the project uses."""
    if "temperature" in body and not body["model"].startswith(CHAT_TEMPERATURE_MODELS):
        return _error("Unsupported value: 'temperature'", "unsupported_value")
    schema = body["response_format"]["json_schema"]
    data = json.loads(body["messages"][-1]["content"])
    written = WRITERS[schema["name"]](data, schema["schema"])
    return completion(body, json.dumps(written, ensure_ascii=False))


def completion(body: dict[str, Any], content: str) -> dict[str, Any]:
    """A chat answer that holds the content; everything but the last message counts as cached."""
    sizes = [count_tokens(message["content"]) for message in body["messages"]]
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": content, "refusal": None},
            }
        ],
        "usage": {
            "prompt_tokens": sum(sizes),
            "completion_tokens": count_tokens(content),
            "prompt_tokens_details": {"cached_tokens": sum(sizes[:-1])},
        },
    }


def tagging(items: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """Tag each item with the categories whose words it holds, in any order of items."""
    tag = schema["properties"]["answers"]["items"]["properties"]["tags"]["items"]
    categories = tag["properties"]["category"]["enum"]
    answers = []
    for item in items:
        words = set(re.findall(r"\w+", item["text"].casefold()))
        tags = [
            {"category": category, "confidence": 0.9}
            for category in categories
            if words & set(re.findall(r"\w+", category.casefold()))
        ]
        sentiment = "negative" if words & {"bad", "late", "broken", "never"} else "positive"
        answers.append({"id": item["id"], "tags": tags, "sentiment": sentiment})
    return {"answers": answers}


def naming(data: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """Name each group by its first two keywords."""
    clusters = [
        {
            "path": group["path"],
            "name": " ".join(group["keywords"][:2]).capitalize() or "Other feedback",
            "summary": f"Customers write about {', '.join(group['keywords'][:3]) or 'all sorts'}.",
        }
        for group in data["groups"]
    ]
    return {"clusters": clusters}


def wording(data: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """Say each sentence with two words in front."""
    return {"sentences": [f"In short: {each['text']}" for each in data["sentences"]]}


def count_tokens(text: str) -> int:
    """What a chat model of today would count."""
    return tokens.count_tokens([text], "gpt-4.1")[0]


def _error(message: str, code: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": code}}


WRITERS = {"tagging": tagging, "naming": naming, "wording": wording}
ANSWERS = {"/embeddings": embeddings, "/chat/completions": chat}
