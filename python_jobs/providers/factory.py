"""Which provider does the work: `--provider`, else INSIGHTS_PROVIDER, else by what is set.

Providers are imported when chosen, so that neither the OpenAI client nor onnxruntime is loaded
for nothing, and each choice is said out loud.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.errors import ConfigurationError
from python_jobs.logs import logger

if TYPE_CHECKING:
    import threading

    from python_jobs.providers.protocols import Embedder, Namer, Tagger, Writer
    from python_jobs.providers.spending import Spending
    from python_jobs.settings import ProviderName, Settings


def embedder(
    settings: Settings,
    provider: ProviderName | None = None,
    *,
    stop: threading.Event | None = None,
    spending: Spending | None = None,
) -> Embedder:
    """The provider's embedder.

    Args:
        settings: the environment's.
        provider: asked for on the command line; None leaves it to the settings.
        stop: set when no call shall be made any more; calls and their waits then end with
            `errors.Stopped`. A request under way is not broken off.
        spending: asked before every request over the network; None where nobody counts money.

    Raises:
        ConfigurationError: no key, an extra that is not installed, or a model or dimensions
            that the provider does not have. Nothing has been sent.
    """
    made: Embedder
    chosen = provider or settings.resolved_provider
    if chosen == "local":
        from python_jobs.providers.local.embedder import LocalEmbedder

        made = LocalEmbedder(settings, stop=stop)
    else:
        from python_jobs.providers.openai.embedder import OpenAIEmbedder

        made = OpenAIEmbedder(settings, provider=chosen, stop=stop, spending=spending)
    why = _reason(settings, provider)
    logger.info("embedding with %s, %d dimensions (%s)", _label(made), made.dimensions, why)
    return made


def tagger(
    settings: Settings,
    provider: ProviderName | None = None,
    *,
    stop: threading.Event | None = None,
    spending: Spending | None = None,
) -> Tagger:
    """The provider's tagger; arguments and errors as for `embedder`."""
    made: Tagger
    chosen = provider or settings.resolved_provider
    if chosen == "local":
        from python_jobs.providers.local.tagger import LocalTagger

        made = LocalTagger()
    else:
        from python_jobs.providers.openai.tagger import OpenAITagger

        made = OpenAITagger(settings, provider=chosen, stop=stop, spending=spending)
    logger.info("tagging with %s (%s)", _label(made), _reason(settings, provider))
    return made


def namer(
    settings: Settings,
    provider: ProviderName | None = None,
    *,
    stop: threading.Event | None = None,
    spending: Spending | None = None,
) -> Namer:
    """The provider's namer; arguments and errors as for `embedder`."""
    made: Namer
    chosen = provider or settings.resolved_provider
    if chosen == "local":
        from python_jobs.providers.local.namer import LocalNamer

        made = LocalNamer()
    else:
        from python_jobs.providers.openai.namer import OpenAINamer

        made = OpenAINamer(settings, provider=chosen, stop=stop, spending=spending)
    logger.info("naming with %s (%s)", _label(made), _reason(settings, provider))
    return made


def writer(
    settings: Settings, provider: ProviderName, *, spending: Spending | None = None
) -> Writer:
    """The provider's writer of sentences; the local provider has none.

    Raises:
        ConfigurationError: the local provider, or as for `embedder`.
    """
    if provider == "local":
        raise ConfigurationError("no local model words sentences", hint="use openai or azure")
    from python_jobs.providers.openai.writer import OpenAIWriter

    made = OpenAIWriter(settings, provider=provider, spending=spending)
    logger.info("wording with %s (asked for with --wording)", _label(made))
    return made


def _label(made: Embedder | Tagger | Namer | Writer) -> str:
    return f"{made.provider}, {made.model}"


def _reason(settings: Settings, provider: ProviderName | None) -> str:
    if provider:
        return "asked for with --provider"
    if settings.provider:
        return "asked for with INSIGHTS_PROVIDER"
    if settings.openai_api_key:
        return "OPENAI_API_KEY is set"
    if settings.azure_endpoint:
        return "AZURE_OPENAI_ENDPOINT is set"
    return "no OPENAI_API_KEY set"
