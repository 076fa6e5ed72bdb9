"""Where requests go and who we are there: OpenAI, a server that speaks its API, or Azure OpenAI."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import openai

from python_jobs import entra
from python_jobs.errors import ConfigurationError
from python_jobs.providers.errors import KeyRejected, Unavailable
from python_jobs.providers.openai.failures import Hints

if TYPE_CHECKING:
    from pydantic import SecretStr

    from python_jobs.settings import Settings

Host = Literal["openai", "azure"]
TokenProvider = Callable[[], str]

DEFAULT_BASE_URL = "https://api.openai.com/v1"


@dataclass(frozen=True)
class Connection:
    """The official client, and how to speak of where it goes.

    Attributes:
        provider: "openai" or "azure".
        client: sends; never retries.
        host: the server's name, for messages.
        timeout: seconds allowed for a request.
        hints: what to check when it fails.
        deployments: Azure's names by the kind of request; empty for OpenAI.
    """

    provider: Host
    client: openai.OpenAI
    host: str
    timeout: float
    hints: Hints
    deployments: dict[str, str | None]

    def served_as(self, kind: Literal["embedding", "chat"], model: str) -> str:
        """The model as the server knows it: on Azure its deployment, named after it by default."""
        return self.deployments.get(kind) or model


def connect(settings: Settings, provider: Host) -> Connection:
    """The connection to the provider; nothing is sent yet.

    Raises:
        ConfigurationError: no key, one that cannot be a key, no address or one that is none,
            or Entra ID without the extra `azure`.
    """
    return _azure(settings) if provider == "azure" else _openai(settings)


def _openai(settings: Settings) -> Connection:
    base_url = settings.openai_base_url or DEFAULT_BASE_URL
    host = _host(base_url, "OPENAI_BASE_URL", DEFAULT_BASE_URL)
    key = _key(settings.openai_api_key, "OPENAI_API_KEY")
    if not key:
        raise ConfigurationError(
            "the provider openai needs a key, and OPENAI_API_KEY is not set",
            hint="set it in the environment or in .env, or use --provider local",
        )
    client = openai.OpenAI(
        api_key=key, base_url=base_url, timeout=settings.request_timeout, max_retries=0
    )
    return Connection(
        provider="openai",
        client=client,
        host=host,
        timeout=settings.request_timeout,
        hints=Hints(),
        deployments={},
    )


def _azure(settings: Settings) -> Connection:
    endpoint, host = _azure_endpoint(settings.azure_endpoint or "")
    key = _key(settings.azure_api_key, "AZURE_OPENAI_API_KEY")
    # never neither: the client would look for credentials in the environment by itself
    client = openai.AzureOpenAI(
        azure_endpoint=endpoint,
        api_version=settings.azure_api_version,
        api_key=key or None,
        azure_ad_token_provider=None if key else entra_tokens(),
        timeout=settings.request_timeout,
        max_retries=0,
    )
    role = "the identity needs the role 'Cognitive Services OpenAI User' on the resource"
    return Connection(
        provider="azure",
        client=client,
        host=host,
        timeout=settings.request_timeout,
        hints=Hints(
            address="check the network, the proxy and AZURE_OPENAI_ENDPOINT",
            key="check AZURE_OPENAI_API_KEY" if key else role,
        ),
        deployments={
            "embedding": settings.embedding_deployment,
            "chat": settings.chat_deployment,
        },
    )


def _azure_endpoint(given: str) -> tuple[str, str]:
    """The resource's address as the client wants it, and its host."""
    example = "https://NAME.openai.azure.com"
    if not given.strip():
        raise ConfigurationError(
            "the provider azure needs an address, and AZURE_OPENAI_ENDPOINT is not set",
            hint=f"it looks like {example}",
        )
    endpoint = given.strip().rstrip("/").removesuffix("/openai")
    host = _host(endpoint, "AZURE_OPENAI_ENDPOINT", example)
    if "/openai/" in endpoint or "?" in endpoint:
        raise ConfigurationError(
            "AZURE_OPENAI_ENDPOINT is the address of a deployment",
            hint=f"give the resource only, as in {example}, and the deployment in "
            "INSIGHTS_EMBEDDING_DEPLOYMENT or INSIGHTS_CHAT_DEPLOYMENT",
        )
    return endpoint, host


def entra_tokens() -> TokenProvider:
    """Tokens of Entra ID for whoever runs this: a managed identity, `az login`, the environment.

    Raises:
        ConfigurationError: the extra `azure` is not installed.
    """
    try:
        provider = entra.tokens("ActiveDirectoryDefault", entra.OPENAI_SCOPE)
    except ConfigurationError:
        raise ConfigurationError(
            "AZURE_OPENAI_API_KEY is not set, and signing in with Entra ID needs azure-identity",
            hint=f"set the key, or {entra.INSTALL}",
        ) from None

    def token() -> str:
        try:
            return provider().get_secret_value()
        except entra.TokenRefusedError as error:
            raise KeyRejected(
                error.message, hint=f"{error.hint}, or set AZURE_OPENAI_API_KEY"
            ) from None
        except entra.TokenUnreachableError as error:
            raise Unavailable(error.message, hint=error.hint) from None

    return token


def _key(secret: SecretStr | None, variable: str) -> str:
    key = secret.get_secret_value().strip() if secret else ""
    if not key.isascii() or (key and not key.isprintable()) or " " in key:
        raise ConfigurationError(
            f"{variable} holds characters that no key has",
            hint="copy the key again, without quotes, spaces or line breaks",
        )
    return key


def _host(url: str, variable: str, example: str) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.scheme in ("http", "https") and parts.port != 0 else None
    except ValueError:
        host = None
    if not host:
        raise ConfigurationError(
            f"{variable} is not an http(s) address", hint=f"it looks like {example}"
        )
    return host
