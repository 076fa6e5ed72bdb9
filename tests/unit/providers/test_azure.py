"""Azure OpenAI: the same embedder, tagger and namer at other addresses, with other credentials."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType

import numpy as np
import pytest

from python_jobs.errors import ConfigurationError
from python_jobs.providers import errors
from python_jobs.providers.base import ClusterEvidence
from python_jobs.providers.openai import connection
from python_jobs.providers.openai.embedder import OpenAIEmbedder
from python_jobs.providers.openai.namer import OpenAINamer
from python_jobs.settings import AZURE_API_VERSION, Settings
from tests.fakes import faults
from tests.fakes.openai_answers import embed
from tests.fakes.openai_server import FakeOpenAI
from tests.unit.providers.conftest import KEY

MakeSettings = Callable[..., Settings]
DEPLOYMENTS = {"our-vectors": "text-embedding-3-small", "our-chat": "gpt-4.1-mini"}


@pytest.fixture
def azure() -> Iterator[FakeOpenAI]:
    with FakeOpenAI(key=KEY, deployments=DEPLOYMENTS) as running:
        yield running


@pytest.fixture
def settings(azure: FakeOpenAI) -> MakeSettings:
    def make(**changes: object) -> Settings:
        values = {
            "azure_endpoint": azure.azure_endpoint,
            "azure_api_key": KEY,
            "embedding_deployment": "our-vectors",
            "chat_deployment": "our-chat",
            "request_timeout": 5.0,
        }
        return Settings(**{**values, **changes})

    return make


@pytest.mark.parametrize("ending", ["", "/", "/openai", "/openai/"])
def test_a_request_goes_to_the_deployment_with_the_key_in_azure_s_header(
    ending: str, azure: FakeOpenAI, settings: MakeSettings
) -> None:
    made = settings(azure_endpoint=azure.azure_endpoint + ending, embedding_dimensions=64)
    embedder = OpenAIEmbedder(made, provider="azure")
    answer = embedder.embed_batch(["late delivery", "great boots"])
    assert np.allclose(answer.vectors, [embed(t, 64) for t in ("late delivery", "great boots")])
    assert (embedder.provider, embedder.model) == ("azure", "text-embedding-3-small")
    (request,) = azure.requests
    assert (request.path, request.deployment) == ("/embeddings", "our-vectors")
    assert request.api_version == AZURE_API_VERSION
    assert request.headers["api-key"] == KEY
    assert "authorization" not in request.headers
    assert request.body["dimensions"] == 64
    embedder.close()


def test_names_come_from_the_chat_deployment(azure: FakeOpenAI, settings: MakeSettings) -> None:
    namer = OpenAINamer(settings(azure_api_version="2025-04-01-preview"), provider="azure")
    answer = namer.name_siblings([ClusterEvidence("root.0", 9, ("late", "parcel"))])
    assert [each.name for each in answer.names] == ["Late parcel"]
    assert (namer.provider, namer.model) == ("azure", "gpt-4.1-mini")
    (request,) = azure.requests
    assert (request.path, request.deployment) == ("/chat/completions", "our-chat")
    assert request.api_version == "2025-04-01-preview"
    assert request.body["temperature"] == 0  # by the model, not by the deployment's name
    namer.close()


def test_a_deployment_is_named_after_its_model_unless_told() -> None:
    with FakeOpenAI() as server:
        made = Settings(azure_endpoint=server.azure_endpoint, azure_api_key=KEY)
        embedder = OpenAIEmbedder(made, provider="azure")
        embedder.embed_batch(["x"])
        assert server.requests[0].deployment == "text-embedding-3-small"
        embedder.close()


def test_tokens_of_entra_id_are_asked_for_with_every_request(
    azure: FakeOpenAI, settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = iter(["first", "second"])
    monkeypatch.setattr(connection, "entra_tokens", lambda: lambda: next(tokens))
    azure.key = None
    embedder = OpenAIEmbedder(settings(azure_api_key=None), provider="azure")
    assert azure.count() == 0
    for _ in range(2):
        embedder.embed_batch(["x"])
    sent = [request.headers for request in azure.requests]
    assert [headers["authorization"] for headers in sent] == ["Bearer first", "Bearer second"]
    assert not any("api-key" in headers for headers in sent)
    embedder.close()


def test_other_credentials_of_the_environment_are_not_picked_up(
    azure: FakeOpenAI, settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "somebody-else")
    monkeypatch.setenv("OPENAI_API_VERSION", "2020-01-01")
    embedder = OpenAIEmbedder(settings(), provider="azure")
    embedder.embed_batch(["x"])
    assert azure.requests[0].headers["api-key"] == KEY
    assert "authorization" not in azure.requests[0].headers
    assert azure.requests[0].api_version == AZURE_API_VERSION
    embedder.close()


class AzureError(Exception):
    pass


class ClientAuthenticationError(AzureError):
    pass


@pytest.fixture
def identity(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """A stand-in for azure-identity: what it was asked for, and what it answers."""
    state: dict[str, object] = {"answer": "a-token"}

    def get_bearer_token_provider(credential: object, scope: str) -> Callable[[], str]:
        state["scope"] = scope

        def token() -> str:
            answer = state["answer"]
            if isinstance(answer, Exception):
                raise answer
            return str(answer)

        return token

    parts = {
        "azure": {},
        "azure.core": {},
        "azure.core.exceptions": {
            "AzureError": AzureError,
            "ClientAuthenticationError": ClientAuthenticationError,
        },
        "azure.identity": {
            "DefaultAzureCredential": object,
            "get_bearer_token_provider": get_bearer_token_provider,
        },
    }
    for name, content in parts.items():
        module = ModuleType(name)
        module.__dict__.update(content)
        monkeypatch.setitem(sys.modules, name, module)
    return state


def test_entra_id_gives_tokens_for_azure_s_ai_services(
    azure: FakeOpenAI, settings: MakeSettings, identity: dict[str, object]
) -> None:
    azure.key = "a-token"
    embedder = OpenAIEmbedder(settings(azure_api_key=None), provider="azure")
    embedder.embed_batch(["x"])
    assert identity["scope"] == "https://cognitiveservices.azure.com/.default"
    embedder.close()


@pytest.mark.parametrize(
    ("failure", "error", "retries"),
    [
        (ClientAuthenticationError("tenant 42 said no"), errors.KeyRejected, []),
        (AzureError("login.example is away"), errors.Unavailable, [1, 2, 4, 8, 16]),
    ],
)
def test_entra_id_says_no(
    failure: Exception,
    error: type[errors.CallFailed],
    retries: list[float],
    azure: FakeOpenAI,
    settings: MakeSettings,
    identity: dict[str, object],
    sleeps: list[float],
) -> None:
    identity["answer"] = failure
    made = settings(azure_api_key=None)
    embedder = OpenAIEmbedder(made, provider="azure", sleep=sleeps.append)
    with pytest.raises(error) as caught:
        embedder.embed_batch(["x"])
    assert type(caught.value) is error
    assert "tenant" not in str(caught.value)
    assert caught.value.hint
    assert sleeps == retries
    assert azure.count() == 0
    embedder.close()


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"azure_endpoint": None}, "AZURE_OPENAI_ENDPOINT"),
        ({"azure_endpoint": "acme.openai.azure.com"}, "AZURE_OPENAI_ENDPOINT"),
        (
            {"azure_endpoint": "https://acme.openai.azure.com/openai/deployments/x/embeddings"},
            "AZURE_OPENAI_ENDPOINT",
        ),
        ({"azure_api_key": "two words"}, "AZURE_OPENAI_API_KEY"),
        ({"embedding_dimensions": 4000}, "text-embedding-3-small has at most 1536"),
        ({"embedding_model": "gpt-4o"}, "gpt-4o is a chat model"),
    ],
)
def test_what_cannot_work_is_said_before_any_call(
    changes: dict[str, object], names: str, azure: FakeOpenAI, settings: MakeSettings
) -> None:
    with pytest.raises(ConfigurationError, match=names) as caught:
        OpenAIEmbedder(settings(**changes), provider="azure")
    assert caught.value.hint
    assert azure.count() == 0


def test_an_embedding_model_names_nothing(azure: FakeOpenAI, settings: MakeSettings) -> None:
    with pytest.raises(ConfigurationError, match="cannot tag or name"):
        OpenAINamer(settings(chat_model="text-embedding-3-large"), provider="azure")
    assert azure.count() == 0


def test_entra_id_without_its_extra_says_what_to_install(
    settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(ConfigurationError, match="AZURE_OPENAI_API_KEY is not set") as caught:
        OpenAIEmbedder(settings(azure_api_key=None), provider="azure")
    assert "[azure]" in str(caught.value.hint)


def test_a_deployment_that_is_not_there_is_named(
    azure: FakeOpenAI, settings: MakeSettings, sleeps: list[float]
) -> None:
    made = settings(embedding_deployment="gone")
    embedder = OpenAIEmbedder(made, provider="azure", sleep=sleeps.append)
    with pytest.raises(errors.Misconfigured, match="no deployment 'gone'") as caught:
        embedder.embed_batch(["x"])
    assert "INSIGHTS_EMBEDDING_DEPLOYMENT" in str(caught.value.hint)
    assert not caught.value.batch_at_fault
    assert (azure.count(), sleeps) == (1, [])
    embedder.close()


@pytest.mark.parametrize(
    ("fault", "error", "hint"),
    [
        (faults.status(401, code="401"), errors.KeyRejected, "AZURE_OPENAI_API_KEY"),
        (faults.status(404, code="404"), errors.Misconfigured, "AZURE_OPENAI_ENDPOINT"),
        (faults.status(400, code="OperationNotSupported"), errors.Misconfigured, "MODEL"),
        (faults.content_filtered(), errors.ContentRefused, None),
    ],
)
def test_azure_s_ways_of_saying_no(
    fault: faults.Fault,
    error: type[errors.CallFailed],
    hint: str | None,
    azure: FakeOpenAI,
    settings: MakeSettings,
    sleeps: list[float],
) -> None:
    embedder = OpenAIEmbedder(settings(), provider="azure", sleep=sleeps.append)
    azure.script(fault, repeat=3)
    with pytest.raises(error) as caught:
        embedder.embed_batch(["x"])
    assert type(caught.value) is error
    assert (hint or "") in str(caught.value.hint)
    assert "check OPENAI" not in str(caught.value.hint)
    assert (azure.count(), sleeps) == (1, [])
    embedder.close()
