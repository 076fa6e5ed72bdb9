"""What all that ask a chat model have: the model, and a client for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from python_jobs.providers.openai import models
from python_jobs.providers.openai.client import Client, ClientOptions
from python_jobs.settings import OPENAI_CHAT_MODEL

if TYPE_CHECKING:
    from python_jobs.settings import Settings


class ChatModel:
    """A chat model of OpenAI's API; one instance serves all threads.

    Args:
        settings: key, address, model.
        options: see `ClientOptions`.

    Raises:
        ConfigurationError: no key, or a model that gives embeddings.
    """

    def __init__(self, settings: Settings, **options: Unpack[ClientOptions]) -> None:
        self.model = settings.chat_model or OPENAI_CHAT_MODEL
        models.check_chat(self.model)
        self._client = Client(settings, **options)
        self.provider = self._client.provider

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
