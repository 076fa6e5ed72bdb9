"""Secrets from an Azure Key Vault, read into the environment before anything else looks there.

Data Factory and Batch keep what they are told in clear text, so that a run is told the name of a
vault (`INSIGHTS_KEY_VAULT`) and fetches the values itself, as its managed identity. A variable that
is set already stays as it is. In the vault, whose names know no underscore, `OPENAI_API_KEY` is
`OPENAI-API-KEY`.
"""

from __future__ import annotations

import json
import os
import re
import time
from typing import TYPE_CHECKING

from python_jobs import entra
from python_jobs.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection

VARIABLE = "INSIGHTS_KEY_VAULT"
SECRETS = (
    "INSIGHTS_DATABASE_URL",
    "INSIGHTS_DBT_DATABASE_URL",
    "INSIGHTS_VECTOR_DATABASE_URL",
    "INSIGHTS_SOURCE_URL",
    "INSIGHTS_SQLSERVER_PASSWORD",
    "INSIGHTS_SQLSERVER_DBT_PASSWORD",
    "OPENAI_API_KEY",
    "AZURE_OPENAI_API_KEY",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
)
API_VERSION = "7.4"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]")
_SECONDS = 30
ATTEMPTS = 4
_LATER = {429, 500, 502, 503, 504}
"""Answers of a vault that is busy: https://learn.microsoft.com/azure/key-vault/general/overview-throttling."""


def read_secrets(known: Collection[str] = ()) -> None:
    """Set the variables of `SECRETS` that are unset here and present in the vault.

    The name of the vault is emptied in the environment: processes that this one starts have the
    values already.

    Args:
        known: variables that have a value elsewhere (`.env`), which stays.

    Raises:
        ConfigurationError: the vault cannot be read, or its name is none.
        TokenUnreachableError: Entra ID, which says who we are, did not answer.
    """
    name = os.environ.get(VARIABLE, "")
    if name:
        os.environ[VARIABLE] = ""  # which `.env` does not fill again
    missing = [each for each in SECRETS if not os.environ.get(each) and each not in known]
    if not name or not missing:
        return
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{VARIABLE} is no name of a key vault",
            hint="its name alone, as in kv-insights-prod-ab12cd, without https://",
        )
    token = entra.tokens("ActiveDirectoryDefault", entra.VAULT_SCOPE)().get_secret_value()
    for variable in missing:
        value = _secret(_address(name), variable.replace("_", "-"), token)
        if value:
            os.environ[variable] = value


def _address(name: str) -> str:
    return f"https://{name}.vault.azure.net"


def _secret(address: str, name: str, token: str) -> str | None:
    """The value of a secret; None where the vault has none of this name.

    Raises:
        ConfigurationError: the vault refuses, or has not answered in `ATTEMPTS` attempts.
    """
    import urllib.error  # with what it brings, not for those who have no vault

    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(2.0**attempt)
        try:
            return _asked(f"{address}/secrets/{name}?api-version={API_VERSION}", token)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == 404:
                return None
            trouble = f"the key vault refused to show {name} ({error.code})"
            hint = "has this identity the role 'Key Vault Secrets User' on it?"
            if error.code not in _LATER:
                break
        except (OSError, ValueError, KeyError) as error:
            trouble = f"the key vault did not answer ({type(error).__name__})"
            hint = f"is {VARIABLE} right, and its network open to this machine?"
    raise ConfigurationError(trouble, hint=hint)


def _asked(url: str, token: str) -> str:
    import urllib.request

    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310  # always https
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
        return str(json.load(answer)["value"])
