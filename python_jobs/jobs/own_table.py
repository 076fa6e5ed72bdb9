"""Feedback that dbt reads from a table of the user's own: nothing is loaded, nothing erased there.

The table is named by vars of the dbt project (docs/dbt.md, "Your own table"), which alone reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_jobs.errors import ConfigurationError
from python_jobs.storage.warehouse_address import is_sqlserver

if TYPE_CHECKING:
    from python_jobs.settings import Settings

_PROJECT = "customer_insights"


@dataclass(frozen=True)
class OwnTable:
    """A table or view of feedback.

    Attributes:
        schema, name: as the database has them.
        database: another one of the same server; empty for the warehouse itself.
    """

    schema: str
    name: str
    database: str = ""

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


def own_table(settings: Settings) -> OwnTable | None:
    """The table that dbt reads; None where that is what `insights load` loads.

    Raises:
        ConfigurationError: `dbt_project.yml` is no YAML.
    """
    import yaml  # dbt's; a tenth of a second

    file = settings.dbt_project_dir / "dbt_project.yml"
    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8"))["vars"] or {}
        names = given | (given.get(_PROJECT) or {})
        place = [names.get(f"feedback_{part}") or "" for part in ("schema", "table", "database")]
    except (OSError, KeyError):
        return None  # dbt says what is wrong with its project
    except (yaml.YAMLError, TypeError, AttributeError):
        raise ConfigurationError(
            f"{file} cannot be read", hint="its vars are a mapping, see docs/dbt.md"
        ) from None
    return OwnTable(*map(str, place)) if place[1] else None


def refuse_load(settings: Settings) -> None:
    """Raise where nobody would read what is loaded.

    Raises:
        ConfigurationError: dbt reads a table of one's own, or builds in SQL Server.
    """
    if table := own_table(settings):
        raise ConfigurationError(
            f"dbt reads the feedback from {table}: what is loaded beside it nobody reads",
            hint="run the pipeline without --source, --from and --demo; or take feedback_table out "
            "of the vars in dbt_project.yml",
        )
    if is_sqlserver():
        raise ConfigurationError(
            "the warehouse is SQL Server, and `insights load` writes to Postgres only",
            hint="name the table that holds the feedback there in the vars feedback_schema and "
            "feedback_table of dbt_project.yml (docs/sqlserver.md); or unset INSIGHTS_DBT_TARGET",
        )
