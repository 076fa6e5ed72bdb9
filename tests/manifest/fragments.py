"""A small manifest that breaks no rule, and for each rule ways to break it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.manifest import rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.manifest.rules import Manifest

STAGED, JOINED = (
    "model.customer_insights.stg_shop__orders",
    "model.customer_insights.int_sales__joined",
)
MART, INPUT = "model.customer_insights.sales", "model.customer_insights.pending_orders"
HISTORY = "snapshot.customer_insights.order_history"
SOURCE = "source.customer_insights.shop.orders"


def model(path: str, parent: str, **more: Any) -> dict[str, Any]:
    name = path.rsplit("/", 1)[-1].removesuffix(".sql")
    unique_id = f"{more.get('resource_type', 'model')}.customer_insights.{name}"
    return {
        "resource_type": "model", "name": name, "original_file_path": path, "unique_id": unique_id,
        "patch_path": f"customer_insights://{path.removesuffix('.sql')}.yml",
        "description": "Orders. One row an order.", "raw_code": "select 1 as order_id",
        "depends_on": {"nodes": [parent], "macros": ["macro.customer_insights.cents"]},
        "config": {"group": "sales", "materialized": "table", "contract": {"enforced": True}},
        "columns": {"order_id": column("order_id", "string"),
            "is_paid": column("is_paid", "boolean")},
        "constraints": [{"type": "primary_key", "columns": ["order_id"]}],
    } | more  # fmt: skip


def snapshot(path: str, parent: str) -> dict[str, Any]:
    config = {
        "group": "sales", "materialized": "snapshot", "strategy": "check",
        "hard_deletes": "invalidate", "unique_key": "order_id", "check_cols": ["is_paid"],
    }  # fmt: skip
    return model(path, parent, resource_type="snapshot", config=config)


def column(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "description": "d", "data_type": kind, "constraints": []}


def tests_of(unique_id: str) -> dict[str, Any]:
    return {
        f"test.{kind}.{unique_id}": {
            "resource_type": "test", "name": kind, "attached_node": unique_id,
            "column_name": "order_id", "test_metadata": {"name": kind, "kwargs": {}},
            "depends_on": {"nodes": [unique_id], "macros": []}, "raw_code": "",
        }
        for kind in ("unique", "not_null")
    }  # fmt: skip


def singular(name: str, code: str) -> dict[str, Any]:
    return {"resource_type": "test", "name": name, "depends_on": {}, "raw_code": code}


def macro(name: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "unique_id": f"macro.customer_insights.{name}", "name": name,
        "package_name": "customer_insights", "description": "d", "macro_sql": text,
        "original_file_path": f"macros/{name.split('__')[-1]}.sql", "depends_on": {"macros": []},
        "arguments": [{"name": "amount", "description": "d"}],
    } | more  # fmt: skip


def sound() -> Manifest:
    """A manifest that breaks no rule."""
    dispatch = "{% macro cents(amount) %}{{ adapter.dispatch('cents')(amount) }}{% endmacro %}"
    macros = [
        macro("cents", dispatch),
        *(macro(f"{each}__cents", "") for each in ("postgres", "sqlserver")),
    ]
    return {
        "nodes": {
            STAGED: model("models/staging/shop/stg_shop__orders.sql", SOURCE),
            JOINED: model("models/intermediate/sales/int_sales__joined.sql", STAGED),
            MART: model("models/marts/insights/sales.sql", JOINED),
            INPUT: model("models/marts/job_inputs/pending_orders.sql", JOINED),
            HISTORY: snapshot("snapshots/order_history.sql", STAGED), **tests_of(HISTORY),
            **tests_of(STAGED), **tests_of(JOINED), **tests_of(MART), **tests_of(INPUT),
        },
        "sources": {SOURCE: {
            "resource_type": "source", "name": "orders", "source_name": "shop", "description": "d",
            "config": {"meta": {"written_by": "the shop"}},
            "columns": {"order_id": column("order_id", "string")},
        }},
        "macros": {each["unique_id"]: each for each in macros},
        "groups": {"group.sales": {"name": "sales", "owner": {"name": "Sales"}}},
        "exposures": {"exposure.ship": {
            "resource_type": "exposure", "name": "ship", "description": "d",
            "owner": {"name": "Sales"}, "depends_on": {"nodes": [INPUT, MART]},
        }},
    }  # fmt: skip


def put(*path: str, to: Any) -> Callable[[Manifest], None]:
    """Sets one value of the manifest."""

    def change(manifest: Manifest) -> None:
        place: Any = manifest
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = to

    return change


def drop(*path: str) -> Callable[[Manifest], None]:
    def change(manifest: Manifest) -> None:
        place: Any = manifest
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]

    return change


MACRO = "macro.customer_insights.cents"
BROKEN: dict[Callable[[Manifest], Iterator[str]], tuple[Callable[[Manifest], None], ...]] = {
    rules.reads_downward: (
        put("nodes", JOINED, "depends_on", to={"nodes": [MART]}),
        put("nodes", MART, "depends_on", to={"nodes": [SOURCE]}),
        put("nodes", INPUT, "depends_on", to={"nodes": [MART]}),
        put("nodes", STAGED, "depends_on", to={"nodes": [JOINED]}),
        put("nodes", HISTORY, "depends_on", to={"nodes": [MART]}),
        put("nodes", MART, "depends_on", to={"nodes": [HISTORY]}),
    ),
    rules.one_source_each: (
        put("nodes", STAGED, "depends_on", to={"nodes": []}),
        put("nodes", STAGED, "depends_on", to={"nodes": [SOURCE, SOURCE]}),
    ),
    rules.one_reader_each: (put("nodes", JOINED, "depends_on", to={"nodes": [SOURCE]}),),
    rules.names: (
        put("nodes", STAGED, "name", to="stg_store__orders"),
        put("nodes", JOINED, "name", to="joined"),
        put("nodes", MART, "name", to="int_sales"),
    ),
    rules.own_file_of_properties: (
        put("nodes", MART, "patch_path", to="customer_insights://models/marts/insights/marts.yml"),
        put("nodes", MART, "patch_path", to=None),
    ),
    rules.owners: (
        put("nodes", MART, "config", "group", to=None),
        put("groups", "group.sales", "owner", to={}),
        put("exposures", "exposure.ship", "owner", to={}),
    ),
    rules.descriptions: (
        put("nodes", MART, "description", to=" "),
        put("nodes", MART, "columns", "order_id", "description", to=""),
        put("sources", SOURCE, "description", to=""),
        put("exposures", "exposure.ship", "description", to=""),
    ),
    rules.documented_sources: (put("sources", SOURCE, "columns", to={}),),
    rules.grain: (
        put("nodes", MART, "description", to="Sales of orders."),
        put("nodes", HISTORY, "description", to="Orders as they were."),
    ),
    rules.primary_keys: (
        drop("nodes", f"test.unique.{MART}"),
        drop("nodes", f"test.not_null.{STAGED}"),
        drop("nodes", f"test.unique.{HISTORY}"),
    ),
    rules.contracts: (
        put("nodes", INPUT, "config", "contract", to={"enforced": False}),
        put("nodes", MART, "columns", "order_id", "data_type", to=None),
    ),
    rules.constraints: (
        put("nodes", MART, "constraints", to=[]),
        put("nodes", MART, "constraints", to=[{"type": "primary_key", "columns": ["is_paid"]}]),
    ),
    rules.column_names: (
        put("nodes", MART, "columns", "paid", to=column("paid", "boolean")),
        put("nodes", MART, "columns", "ordered", to=column("ordered", "timestamp")),
        put("nodes", MART, "columns", "count_items", to=column("count_items", "string")),
        put("nodes", MART, "columns", "OrderId", to=column("OrderId", "string")),
    ),
    rules.no_target_type: (
        put("nodes", MART, "raw_code", to="{% if target.type == 'postgres' %}"),
        put("macros", MACRO, "macro_sql", to="{{ target.name }}"),
    ),
    rules.one_concept_a_file: (put("macros", MACRO, "original_file_path", to="macros/money.sql"),),
    rules.both_databases: (drop("macros", "macro.customer_insights.sqlserver__cents"),),
    rules.documented_macros: (
        put("macros", MACRO, "description", to=""),
        put("macros", MACRO, "arguments", to=[]),
    ),
    rules.used_macros: (
        put("macros", "macro.x", to=macro("euros", "{% macro euros() %}{% endmacro %}")),
    ),
    rules.exposures: (
        put("exposures", to={}),
        put("exposures", "exposure.ship", "depends_on", "nodes", to=[INPUT]),
        put("exposures", "exposure.ship", "depends_on", "nodes", to=[MART]),
    ),
    rules.writers: (put("sources", SOURCE, "config", to={}),),
    rules.histories: (
        put("nodes", HISTORY, "name", to="order_snapshot"),
        put("nodes", HISTORY, "config", "hard_deletes", to="ignore"),
        put("nodes", HISTORY, "config", "check_cols", to="all"),
        put("nodes", HISTORY, "config", "check_cols", to=["paid_at"]),
    ),
    rules.invariants: (
        put("nodes", "test.x", to=singular("orders_ok", "-- All is well.\nselect 1")),
        put("nodes", "test.x", to=singular("assert_orders_ok", "select 1")),
    ),
}
"""For each rule, changes to `sound()` that it has to find."""
