"""Entra ID: tokens in place of passwords and keys, for databases, models and the key vault alike.

Who asks is for azure-identity to find out, from Microsoft's own variables: `AZURE_CLIENT_ID`,
`AZURE_TENANT_ID` and `AZURE_CLIENT_SECRET` (or a certificate) for a service principal,
`AZURE_CLIENT_ID` alone for a user-assigned managed identity. A token is asked for with every
connection; it is kept until five minutes before its end, then asked for anew, so that a job that
runs for hours never shows one that has run out.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import SecretStr

from python_jobs.errors import ConfigurationError, ExitCode, InsightsError

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

Way = Literal[
    "ActiveDirectoryDefault", "ActiveDirectoryMSI", "ActiveDirectoryServicePrincipal", "cli"
]
"""Microsoft's words, and dbt-sqlserver's: whatever works, a managed identity, a service
principal, `az login`."""
Tokens = Callable[[], SecretStr]

POSTGRES_SCOPE = "https://ossrdbms-aad.database.windows.net/.default"
SQLSERVER_SCOPE = "https://database.windows.net/.default"
OPENAI_SCOPE = "https://cognitiveservices.azure.com/.default"
VAULT_SCOPE = "https://vault.azure.net/.default"
"""What a token is asked for: Microsoft's references of the four services."""
INSTALL = "pip install 'customer-insights-pipeline[azure]'"
_SILENCE = logging.NullHandler()
"""In place of Python's last resort, stderr: what azure-identity logs of a failure lists tenants and
identities, and the errors here say what to do."""
_MEND = {
    "ActiveDirectoryDefault": "run `az login`, give the machine a managed identity "
    "(AZURE_CLIENT_ID names one that a user assigned, as that of a Batch pool), or set "
    "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
    "ActiveDirectoryMSI": "give the machine a managed identity; AZURE_CLIENT_ID names one that a "
    "user assigned",
    "ActiveDirectoryServicePrincipal": "check AZURE_TENANT_ID, AZURE_CLIENT_ID and "
    "AZURE_CLIENT_SECRET",
    "cli": "run `az login`",
}


class TokenRefusedError(ConfigurationError):
    """Entra ID gives this identity no token."""


class TokenUnreachableError(InsightsError):
    """Entra ID did not answer; it may at the next attempt."""

    exit_code = ExitCode.CONFIGURATION


def parse_way(given: str, variable: str) -> Way | None:
    """The way to sign in that a URL or variable names; None for `sql`, a login with a password.

    Raises:
        ConfigurationError: there is no such way.
    """
    if given.casefold() in {"", "sql", "password"}:
        return None
    for way in get_args(Way):
        if given.casefold() == way.casefold():
            return way  # type: ignore[no-any-return]
    raise ConfigurationError(
        f"{variable} names a way to sign in that there is not",
        hint=f"authentication is sql, {', '.join(get_args(Way))}",
    )


def tokens(way: Way, scope: str) -> Tokens:
    """Tokens for a service; each call gives one that is good for five minutes at least.

    Raises:
        ConfigurationError: the extra `azure` is not installed. Later, from each call,
            TokenRefusedError or TokenUnreachableError, whose words name no tenant and no token.
    """
    try:
        from azure.core.exceptions import AzureError, ClientAuthenticationError
        from azure.identity import get_bearer_token_provider
    except ImportError:
        raise ConfigurationError(
            "signing in with Entra ID needs azure-identity", hint=INSTALL
        ) from None
    logging.getLogger("azure").addHandler(_SILENCE)
    provider = get_bearer_token_provider(_credential(way), scope)

    def token() -> SecretStr:
        # `from None`: the original lists tenants and what each kind of credential answered
        try:
            return SecretStr(str(provider()))
        except (ClientAuthenticationError, ValueError):
            raise TokenRefusedError(
                f"Entra ID gave no token ({way}) for {scope.removesuffix('/.default')}",
                hint=_MEND[way],
            ) from None
        except AzureError:
            raise TokenUnreachableError(
                "Entra ID cannot be reached", hint="check the network and the proxy"
            ) from None

    return token


database_tokens = cache(tokens)
"""As `tokens`, one for all connections of this process to a service."""


def _credential(way: Way) -> TokenCredential:
    from azure import identity

    if way == "ActiveDirectoryMSI":
        return identity.ManagedIdentityCredential(client_id=os.environ.get("AZURE_CLIENT_ID"))
    if way == "ActiveDirectoryServicePrincipal":
        return identity.EnvironmentCredential()
    if way == "cli":
        return identity.AzureCliCredential()
    return identity.DefaultAzureCredential()
