"""What is configured, read from settings and environment; nothing is connected to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from python_jobs.storage.warehouse_address import BACKENDS, is_sqlserver, variable

if TYPE_CHECKING:
    from pydantic import SecretStr

    from python_jobs.settings import Settings


def needed_extras(settings: Settings) -> set[str]:
    """The extras of this package that the settings ask for."""
    urls = [
        settings.database_url,
        settings.dbt_database_url,
        settings.vector_database_url,
        settings.source_url,
    ]
    wanted = {
        "local": settings.resolved_provider == "local",
        "embedded": settings.database_url is None,
        "sqlserver": bool(backends_of_sqlserver(settings)),
        "azure": (settings.resolved_provider == "azure" and not settings.azure_api_key)
        or any("authentication=activedirectory" in _text(url) for url in urls),
    }
    return {extra for extra, is_wanted in wanted.items() if is_wanted}


def backends_of_sqlserver(settings: Settings) -> list[str]:
    """Drivers of SQL Server that dbt or the source need: "mssql-python", "pyodbc", both or none."""
    found = set()
    if is_sqlserver():
        found.add(variable("BACKEND", "mssql-python"))
    scheme = _text(settings.source_url).split(":", 1)[0]
    if scheme.startswith("mssql"):
        found.add("mssql-python" if scheme.endswith("mssqlpython") else "pyodbc")
    return sorted(found & set(BACKENDS))


def _text(url: SecretStr | None) -> str:
    return url.get_secret_value().strip().casefold() if url else ""
