from __future__ import annotations

import pytest

from python_jobs.errors import ConfigurationError
from python_jobs.providers import factory
from python_jobs.settings import ProviderName, Settings

KEYED = {"openai_api_key": "sk-test-123456"}
AZURE = {"azure_endpoint": "https://acme.openai.azure.com", "azure_api_key": "sk-test-azure"}


@pytest.mark.parametrize(
    ("values", "asked", "provider", "why"),
    [
        ({}, None, "local", "no OPENAI_API_KEY set"),
        (KEYED, None, "openai", "OPENAI_API_KEY is set"),
        (KEYED, "local", "local", "asked for with --provider"),
        ({**KEYED, "provider": "local"}, None, "local", "asked for with INSIGHTS_PROVIDER"),
        ({**KEYED, "provider": "local"}, "openai", "openai", "asked for with --provider"),
        (AZURE, None, "azure", "AZURE_OPENAI_ENDPOINT is set"),
        ({**KEYED, **AZURE}, None, "openai", "OPENAI_API_KEY is set"),
        ({**KEYED, **AZURE}, "azure", "azure", "asked for with --provider"),
        ({**AZURE, "provider": "azure"}, None, "azure", "asked for with INSIGHTS_PROVIDER"),
    ],
)
def test_the_choice_is_made_and_said(
    values: dict[str, object],
    asked: ProviderName | None,
    provider: str,
    why: str,
    messages: pytest.LogCaptureFixture,
) -> None:
    settings = Settings(**values)
    made = [
        factory.embedder(settings, asked),
        factory.tagger(settings, asked),
        factory.namer(settings, asked),
    ]
    assert [each.provider for each in made] == [provider] * 3
    said = [record.getMessage() for record in messages.records]
    assert len(said) == 3
    for each, line in zip(made, said, strict=True):
        assert provider in line
        assert each.model in line
        assert why in line
        assert "sk-test" not in line
    assert f"{factory.embedder(settings, asked).dimensions} dimensions" in said[0]


@pytest.mark.parametrize("make", [factory.embedder, factory.tagger, factory.namer])
def test_openai_without_a_key_is_a_matter_of_configuration(make: object) -> None:
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY") as caught:
        make(Settings(), "openai")  # type: ignore[operator]
    assert "--provider local" in str(caught.value.hint)


@pytest.mark.parametrize(
    "values", [{"embedding_model": "text-embedding-3-small"}, {"embedding_dimensions": 1536}]
)
def test_the_local_model_is_not_passed_off_as_another(values: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        factory.embedder(Settings(**values), "local")
