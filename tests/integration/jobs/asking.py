"""MetricFlow on the test's database: what `mf query` does, without its command line.

`mf` asks the network for a newer version of itself at each start; its engine does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from metricflow.data_table.mf_table import MetricFlowDataTable
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.postgres import PostgresSQLSqlPlanRenderer
from metricflow.validation.data_warehouse_model_validator import DataWarehouseModelValidator
from metricflow_semantic_interfaces.validations.semantic_manifest_validator import (
    SemanticManifestValidator,
)
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

if TYPE_CHECKING:
    from metricflow_semantic_interfaces.implementations.semantic_manifest import (
        PydanticSemanticManifest,
    )
    from psycopg import Connection


class Client:
    """What MetricFlow asks of a connection (`metricflow.protocols.sql_client`)."""

    sql_engine_type = SqlEngine.POSTGRES
    sql_plan_renderer = PostgresSQLSqlPlanRenderer()

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def query(self, stmt: str, sql_bind_parameter_set: object = None) -> MetricFlowDataTable:
        cursor = self._connection.execute(stmt.encode())
        names = [column.name for column in cursor.description or ()]
        return MetricFlowDataTable.create_from_rows(names, cursor.fetchall())

    def execute(self, stmt: str, sql_bind_parameter_set: object = None) -> None:
        self._connection.execute(stmt.encode())

    def dry_run(self, stmt: str, sql_bind_parameter_set: object = None) -> None:
        self._connection.execute(b"explain " + stmt.encode())

    def close(self) -> None: ...

    def render_bind_parameter_key(self, bind_parameter_key: str) -> str:
        return f"%({bind_parameter_key})s"


def issues(manifest: PydanticSemanticManifest, connection: Connection) -> list[str]:
    """What `mf validate-configs` finds wrong, in the definitions and on the database."""
    on_database = DataWarehouseModelValidator(sql_client=Client(connection))
    found = [SemanticManifestValidator().validate_semantic_manifest(manifest)]
    for part in ("semantic_models", "dimensions", "entities", "metrics"):
        found.append(getattr(on_database, f"validate_{part}")(manifest))
    blocking = [each for one in found for each in (*one.errors, *one.future_errors)]
    return [each.as_readable_str() for each in blocking]


def parse(semantic_manifest: str) -> PydanticSemanticManifest:
    """The metrics of a project, from the text of dbt's `semantic_manifest.json`."""
    return parse_manifest_from_dbt_generated_manifest(semantic_manifest)


class Asker:
    """Metrics of a project, answered from a database."""

    def __init__(self, manifest: PydanticSemanticManifest, connection: Connection) -> None:
        self._engine = MetricFlowEngine(SemanticManifestLookup(manifest), Client(connection))

    def ask(self, *metrics: str, by: tuple[str, ...] = (), where: str = "") -> list[dict[str, Any]]:
        """`mf query --metrics … --group-by … --where …`, in the order of the groups."""
        return self._rows(
            MetricFlowQueryRequest.create(
                metric_names=metrics,
                group_by_names=by,
                where_constraints=[where] if where else None,
                order_by_names=by,
            )
        )

    def ask_saved(self, name: str) -> list[dict[str, Any]]:
        """`mf query --saved-query …`."""
        return self._rows(MetricFlowQueryRequest.create(saved_query_name=name))

    def _rows(self, request: MetricFlowQueryRequest) -> list[dict[str, Any]]:
        table = self._engine.query(request).result_df
        assert table is not None
        return [dict(zip(table.column_names, row, strict=True)) for row in table.rows]
