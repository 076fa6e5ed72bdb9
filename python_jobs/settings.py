"""Settings from the environment and `.env`; the command line's options come on top.

One variable, one meaning, for `insights`, `run_pipeline.sh` and dbt alike: the README's
configuration table lists them all.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import ByteSize, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from python_jobs.errors import ConfigurationError

ProviderName = Literal["openai", "azure", "local"]
LongTexts = Literal["average", "truncate"]

LOCAL_EMBEDDING_MODEL = "all-MiniLM-L6-v2-int8"
LOCAL_EMBEDDING_DIMENSIONS = 384
OPENAI_EMBEDDING_MODEL = "text-embedding-3-small"
OPENAI_CHAT_MODEL = "gpt-4.1-mini"
AZURE_API_VERSION = "2024-10-21"
"""The latest stable version of Azure OpenAI's data plane that carries a date; the first one with
structured outputs."""
DEPLOYMENT = r"^[A-Za-z0-9_.-]{1,64}$"
"""What Azure allows as the name of a deployment: it becomes part of the address."""


_OF_OTHERS = ("INSIGHTS_", "AZURE_")


def project_root() -> Path:
    """The checkout that holds this package, or the working directory for an installed wheel."""
    checkout = Path(__file__).resolve().parent.parent
    return checkout if (checkout / "dbt_project").is_dir() else Path.cwd()


def share_dotenv() -> None:
    """Put into the environment what `.env` says to others: to dbt's profile and azure-identity.

    What the environment has already stays, and what `Settings` reads itself is left to it.
    """
    own = {str(field.validation_alias) for field in Settings.model_fields.values()}
    for file in _dotenv_files()[::-1]:
        with suppress(OSError, UnicodeDecodeError):  # `Settings` says so
            for name, value in dotenv_values(file).items():
                if value and name not in own and name.startswith(_OF_OTHERS):
                    os.environ.setdefault(name, value)


def names_in_dotenv() -> set[str]:
    """The variables that `.env` gives a value."""
    found: set[str] = set()
    for file in _dotenv_files():
        with suppress(OSError, UnicodeDecodeError):
            found |= {name for name, value in dotenv_values(file).items() if value}
    return found


def unreadable_lines() -> list[str]:
    """Where `.env` is no ``NAME=value``, as in "/project/.env, line 3": nobody heeds that line."""
    found = []
    for file in _dotenv_files():
        with suppress(OSError, UnicodeDecodeError), file.open(encoding="utf-8") as lines:
            wrong = [each.original.line for each in parse_stream(lines) if each.error]
            found += [f"{file.absolute()}, line {number}" for number in wrong]
    return list(dict.fromkeys(found))


def _dotenv_files() -> tuple[Path, Path]:
    """In rising order of rank."""
    return project_root() / ".env", Path(".env")


class Settings(BaseSettings):
    """What the environment says. Secrets are never shown by `repr`."""

    model_config = SettingsConfigDict(
        # Fields can be given by name in code; without this HOME would pass for `home`.
        case_sensitive=True,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    # where
    database_url: SecretStr | None = Field(None, validation_alias="INSIGHTS_DATABASE_URL")
    dbt_database_url: SecretStr | None = Field(None, validation_alias="INSIGHTS_DBT_DATABASE_URL")
    vector_database_url: SecretStr | None = Field(
        None, validation_alias="INSIGHTS_VECTOR_DATABASE_URL"
    )
    source_url: SecretStr | None = Field(None, validation_alias="INSIGHTS_SOURCE_URL")
    home: Path = Field(
        default_factory=lambda: project_root() / ".insights", validation_alias="INSIGHTS_HOME"
    )
    state_dir: Path | None = Field(None, validation_alias="INSIGHTS_STATE_DIR")
    dbt_project_dir: Path = Field(
        default_factory=lambda: project_root() / "dbt_project",
        validation_alias="INSIGHTS_DBT_PROJECT_DIR",
    )
    schema_prefix: str = Field(
        "", validation_alias="INSIGHTS_SCHEMA_PREFIX", pattern=r"^[a-z_][a-z0-9_]{0,30}$|^$"
    )

    # which model
    provider: ProviderName | None = Field(None, validation_alias="INSIGHTS_PROVIDER")
    openai_api_key: SecretStr | None = Field(None, validation_alias="OPENAI_API_KEY")
    openai_base_url: str | None = Field(None, validation_alias="OPENAI_BASE_URL")
    azure_endpoint: str | None = Field(None, validation_alias="AZURE_OPENAI_ENDPOINT")
    azure_api_key: SecretStr | None = Field(None, validation_alias="AZURE_OPENAI_API_KEY")
    azure_api_version: str = Field(
        AZURE_API_VERSION,
        validation_alias="AZURE_OPENAI_API_VERSION",
        pattern=r"^[a-z0-9][a-z0-9.-]{0,40}$",
    )
    embedding_deployment: str | None = Field(
        None, validation_alias="INSIGHTS_EMBEDDING_DEPLOYMENT", pattern=DEPLOYMENT
    )
    chat_deployment: str | None = Field(
        None, validation_alias="INSIGHTS_CHAT_DEPLOYMENT", pattern=DEPLOYMENT
    )
    embedding_model: str | None = Field(None, validation_alias="INSIGHTS_EMBEDDING_MODEL")
    embedding_dimensions: int | None = Field(
        None, validation_alias="INSIGHTS_EMBEDDING_DIMENSIONS", ge=1, le=16_000
    )
    chat_model: str | None = Field(None, validation_alias="INSIGHTS_CHAT_MODEL")
    long_texts: LongTexts = Field("average", validation_alias="INSIGHTS_LONG_TEXTS")
    redact: str = Field("default", validation_alias="INSIGHTS_REDACT")
    vector_type: Literal["vector", "halfvec"] | None = Field(
        None, validation_alias="INSIGHTS_VECTOR_TYPE"
    )

    # how
    max_workers: int = Field(5, validation_alias="MAX_WORKERS", ge=1, le=64)
    batch_size: int = Field(100, validation_alias="BATCH_SIZE", ge=1, le=2048)
    mode: Literal["online", "batch"] = Field("online", validation_alias="INSIGHTS_MODE")
    memory_limit: ByteSize | None = Field(None, validation_alias="INSIGHTS_MEMORY_LIMIT", ge=1)
    request_timeout: float = Field(60.0, validation_alias="INSIGHTS_REQUEST_TIMEOUT", gt=0)
    log_format: Literal["auto", "text", "json"] = Field(
        "auto", validation_alias="INSIGHTS_LOG_FORMAT"
    )

    @classmethod
    def load(cls) -> Settings:
        """Read the environment, then `.env` in the working directory, then the project's.

        Raises:
            ConfigurationError: a variable has a value that cannot be used.
        """
        loaded, problem = cls.forgiving()
        if problem:
            raise problem
        return loaded

    @classmethod
    def forgiving(cls) -> tuple[Settings, ConfigurationError | None]:
        """As `load`, with the default for each variable that cannot be used, and what is wrong."""
        files = _dotenv_files()
        try:
            return cls(_env_file=files), None  # type: ignore[call-arg]
        except ValidationError as error:
            found = error.errors(include_input=False, include_url=False)
        except (OSError, UnicodeDecodeError) as error:
            problem = ConfigurationError(
                f".env cannot be read ({type(error).__name__})",
                hint="save it as UTF-8, readable by whoever runs this",
            )
            return cls(_env_file=None), problem  # type: ignore[call-arg]
        problems = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in found
        )
        wrong = {str(item["loc"][0]) for item in found}
        defaults = {
            str(field.validation_alias): field.get_default(call_default_factory=True)
            for field in cls.model_fields.values()
            if field.validation_alias in wrong
        }
        return cls(_env_file=files, **defaults), ConfigurationError(  # type: ignore[call-arg]
            f"unusable setting: {problems}",
            hint="mend it in the environment or in .env (see .env.example)",
        )

    @cached_property
    def resolved_provider(self) -> ProviderName:
        """The provider asked for, else openai with a key, azure with an endpoint, else local."""
        if self.provider:
            return self.provider
        if self.openai_api_key:
            return "openai"
        return "azure" if self.azure_endpoint else "local"

    @property
    def as_owner(self) -> Settings:
        """These settings with the role of dbt, which owns all tables, in place of the jobs'."""
        if not self.dbt_database_url:
            return self
        return self.model_copy(update={"database_url": self.dbt_database_url})

    def schema_name(self, name: str) -> str:
        """The schema `name` as this developer's target calls it."""
        return f"{self.schema_prefix}{name}"
