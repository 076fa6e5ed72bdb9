"""What the dbt project promises of itself, read from its manifest: no database, no compiled SQL.

After the pattern of dbt-project-evaluator: a rule is a function of the manifest that yields what
breaks it. `EVERY_RULE` names them; `fragments.py` has a manifest that breaks each.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Manifest = dict[str, Any]
Node = dict[str, Any]

PROJECT = "customer_insights"
MAY_READ = {
    "staging": ("source", "seed"),
    "intermediate": ("staging", "intermediate", "snapshot"),
    "job_inputs": ("staging", "intermediate", "job_inputs"),
    "insights": ("staging", "intermediate", "job_inputs", "insights"),
    "snapshot": ("staging", "intermediate"),
}
"""The layers from below to above. Nobody but staging sees a source or a seed; `insights` may see
what jobs read, since how much is pending is counted nowhere else."""

NAMES = {"staging": r"stg_{folder}__\w+", "intermediate": r"int_{folder}__\w+"}
"""By layer; marts have bare names. `folder` is the model's own, a source or a domain."""


def models(manifest: Manifest) -> list[Node]:
    """The project's models."""
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def kept(manifest: Manifest) -> list[Node]:
    """Models and snapshots: what people read, and what has to say what it is."""
    kinds = ("model", "snapshot")
    return [node for node in manifest["nodes"].values() if node["resource_type"] in kinds]


def layer(node: Node) -> str:
    """Where a node belongs: a layer, `source`, `seed`, `snapshot` or `test`."""
    if node["resource_type"] != "model":
        return str(node["resource_type"])
    parts = PurePosixPath(node["original_file_path"]).parts
    return parts[2] if parts[1] == "marts" else parts[1]


def parents(manifest: Manifest, node: Node) -> list[Node]:
    """What a node reads."""
    known = manifest["nodes"] | manifest["sources"]
    return [known[name] for name in node["depends_on"].get("nodes", ()) if name in known]


def reads_downward(manifest: Manifest) -> Iterator[str]:
    for node in kept(manifest):
        here = layer(node)
        for parent in parents(manifest, node):
            if layer(parent) not in MAY_READ.get(here, ()):
                yield f"{node['name']} ({here}) reads {parent['name']} ({layer(parent)})"


def one_source_each(manifest: Manifest) -> Iterator[str]:
    for node in models(manifest):
        if layer(node) == "staging" and len(parents(manifest, node)) != 1:
            yield f"{node['name']} reads {len(parents(manifest, node))} relations"


def one_reader_each(manifest: Manifest) -> Iterator[str]:
    """A rule of cleaning is written once: no source has two staging models."""
    readers: dict[str, list[str]] = {}
    for node in models(manifest):
        for parent in parents(manifest, node):
            if layer(parent) in ("source", "seed"):
                readers.setdefault(parent["name"], []).append(node["name"])
    return (f"{name} is read by {', '.join(who)}" for name, who in readers.items() if len(who) > 1)


def names(manifest: Manifest) -> Iterator[str]:
    for node in models(manifest):
        pattern = NAMES.get(layer(node), r"(?!stg_|int_)[a-z]\w*")
        folder = PurePosixPath(node["original_file_path"]).parent.name
        if not re.fullmatch(pattern.format(folder=folder), node["name"]):
            yield f"{node['name']} in {node['original_file_path']}"


def own_file_of_properties(manifest: Manifest) -> Iterator[str]:
    for node in kept(manifest):
        wanted = str(PurePosixPath(node["original_file_path"]).with_suffix(".yml"))
        if (node.get("patch_path") or "").split("://")[-1] != wanted:
            yield f"{node['name']}: no {wanted}"


def owners(manifest: Manifest) -> Iterator[str]:
    groups = {group["name"]: group["owner"] for group in manifest["groups"].values()}
    for node in kept(manifest):
        if not groups.get(node["config"].get("group") or "", {}).get("name"):
            yield f"{node['name']} has no owner"
    for exposure in manifest["exposures"].values():
        if not exposure["owner"].get("name"):
            yield f"exposure {exposure['name']} has no owner"


def descriptions(manifest: Manifest) -> Iterator[str]:
    described = ("nodes", "sources", "exposures")
    for each in (each for kind in described for each in manifest[kind].values()):
        if each["resource_type"] in ("test", "operation", "sql_operation", "unit_test"):
            continue
        if not each["description"].strip():
            yield f"{each['name']} has no description"
        for column in each.get("columns", {}).values():
            if not column["description"].strip():
                yield f"{each['name']}.{column['name']} has no description"


def documented_sources(manifest: Manifest) -> Iterator[str]:
    """What `descriptions` asks of columns, a source could evade by naming none."""
    for source in manifest["sources"].values():
        if not source["columns"]:
            yield f"{source['source_name']}.{source['name']} has no columns"


def grain(manifest: Manifest) -> Iterator[str]:
    for node in kept(manifest):
        if "One row" not in node["description"] and "one row" not in node["description"]:
            yield f"{node['name']} does not say what a row is"


def primary_key(manifest: Manifest, unique_id: str) -> set[str]:
    """The columns that a test declares unique together, none of them null; empty without one."""
    keys: list[set[str]] = []
    filled = set()
    for node in manifest["nodes"].values():
        test = node.get("test_metadata")
        if not test or node.get("attached_node") != unique_id:
            continue
        arguments = test["kwargs"].get("arguments", test["kwargs"])
        if test["name"] == "unique":
            keys.append({node["column_name"]})
        elif test["name"] == "unique_combination":
            keys.append(set(arguments["columns"]))
        elif test["name"] == "not_null":
            filled.add(node["column_name"])
    return next((key for key in keys if key & filled), set())


def primary_keys(manifest: Manifest) -> Iterator[str]:
    for node in kept(manifest):
        if not primary_key(manifest, node["unique_id"]):
            yield f"{node['name']} has no test of its primary key"


def contracts(manifest: Manifest) -> Iterator[str]:
    for node in models(manifest):
        if layer(node) not in ("job_inputs", "insights"):
            continue
        if not node["config"]["contract"]["enforced"]:
            yield f"{node['name']} has no contract"
        for column in node["columns"].values():
            if not column["data_type"]:
                yield f"{node['name']}.{column['name']} has no type"


def constraints(manifest: Manifest) -> Iterator[str]:
    """Tables of marts have a primary key that the database enforces; views can have none."""
    for unique_id, node in manifest["nodes"].items():
        if node["resource_type"] != "model" or layer(node) != "insights":
            continue
        if node["config"]["materialized"] == "view":
            continue
        keys = [
            set(each["columns"]) for each in node["constraints"] if each["type"] == "primary_key"
        ]
        for column in node["columns"].values():
            if any(each["type"] == "primary_key" for each in column["constraints"]):
                keys.append({column["name"]})
        if primary_key(manifest, unique_id) not in keys:
            yield f"{node['name']}: the constraint is not the key that is tested"


def column_names(manifest: Manifest) -> Iterator[str]:
    for node in models(manifest):
        for name, column in node["columns"].items():
            kind = column["data_type"] or ""
            if kind == "boolean" and not re.match(r"(\w+_)?(is|has)_", name):
                yield f"{node['name']}.{name}: a flag is called is_ or has_"
            if kind == "timestamp" and not name.endswith("_at"):
                yield f"{node['name']}.{name}: a time is called _at"
            if name.startswith("count_") and kind not in ("", "integer", "bigint"):
                yield f"{node['name']}.{name}: a count is a whole number"
            if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
                yield f"{node['name']}.{name}: lower case and underscores"


def no_target_type(manifest: Manifest) -> Iterator[str]:
    for node in manifest["nodes"].values():
        if re.search(r"\btarget\s*\.\s*(type|name)\b", node.get("raw_code") or ""):
            yield f"{node['name']} asks for the target"
    for macro in own_macros(manifest):
        if re.search(r"\btarget\s*\.\s*(type|name)\b", macro["macro_sql"]):
            yield f"{macro['name']} asks for the target"


def own_macros(manifest: Manifest) -> list[Node]:
    """The project's macros."""
    return [macro for macro in manifest["macros"].values() if macro["package_name"] == PROJECT]


def concept(macro: Node) -> str:
    """The name of a macro without the database it is for."""
    return re.sub(r"^(postgres|sqlserver|default)__|^test_", "", macro["name"])


def one_concept_a_file(manifest: Manifest) -> Iterator[str]:
    for macro in own_macros(manifest):
        file = PurePosixPath(macro["original_file_path"]).stem
        if concept(macro) != file and not macro["name"].startswith("_"):
            yield f"{macro['name']} in {macro['original_file_path']}"


def both_databases(manifest: Manifest) -> Iterator[str]:
    found: dict[str, set[str]] = {}
    for macro in own_macros(manifest):
        if match := re.match(r"(postgres|sqlserver)__", macro["name"]):
            found.setdefault(concept(macro), set()).add(match[1])
    wrapped = {macro["name"] for macro in own_macros(manifest)}
    for name, databases in found.items():
        if name in wrapped and databases != {"postgres", "sqlserver"}:
            yield f"{name} is for {', '.join(databases)} only"


def documented_macros(manifest: Manifest) -> Iterator[str]:
    for macro in own_macros(manifest):
        if re.match(r"_|(postgres|sqlserver|default)__", macro["name"]):
            continue
        if not macro["description"].strip():
            yield f"{macro['name']} has no description"
        signature = re.search(r"{%-?\s*(?:macro|test)\s+\w+\(([^)]*)\)", macro["macro_sql"])
        written = [
            part.split("=")[0].strip() for part in (signature[1] if signature else "").split(",")
        ]
        described = {
            each["name"] for each in macro["arguments"] if (each["description"] or "").strip()
        }
        for argument in filter(None, written):
            if argument not in described:
                yield f"{macro['name']}: argument {argument} is not described"


def used_macros(manifest: Manifest) -> Iterator[str]:
    """No macro is left over: a test, a model, a hook or another macro calls it, or dbt does.

    `macros/adapters` replaces macros of adapters, which a manifest for another one does not have.
    """
    callers = [*manifest["nodes"].values(), *own_macros(manifest)]
    called = {name for each in callers for name in each["depends_on"].get("macros", ())}
    ours = {macro["name"] for macro in own_macros(manifest)}
    of_dbt = {
        concept(macro) for macro in manifest["macros"].values() if macro["package_name"] != PROJECT
    }
    for macro in own_macros(manifest):
        name = concept(macro)
        replaces = name in of_dbt or "/adapters/" in macro["original_file_path"]
        if replaces or (name in ours and macro["name"] != name):
            continue  # dbt calls it, or it is reached by dispatch
        text = "\n".join(each["macro_sql"] for each in own_macros(manifest))
        dispatched = re.search(rf"dispatch\(['\"]{name}['\"]", text)
        if macro["unique_id"] not in called and not dispatched:
            yield f"{macro['name']} is never called"


def histories(manifest: Manifest) -> Iterator[str]:
    """Snapshots have a name of their own, notice what is gone, and compare columns they have."""
    for node in manifest["nodes"].values():
        if node["resource_type"] != "snapshot":
            continue
        config = node["config"]
        if not node["name"].endswith("_history"):
            yield f"{node['name']}: a snapshot is called after what it keeps, and history"
        if config.get("hard_deletes") != "invalidate":
            yield f"{node['name']} does not notice what is gone"
        compared = config.get("check_cols")
        if config["strategy"] != "check" or not isinstance(compared, list):
            yield f"{node['name']} does not say what makes a version"
        elif unknown := {*compared, config["unique_key"]} - set(node["columns"]):
            yield f"{node['name']} compares {', '.join(sorted(unknown))}, which it does not have"


def exposures(manifest: Manifest) -> Iterator[str]:
    """Who reads a mart: a job, a command or BI."""
    shown = {
        name for each in manifest["exposures"].values() for name in each["depends_on"]["nodes"]
    }
    for unique_id, node in manifest["nodes"].items():
        if (
            node["resource_type"] == "model"
            and layer(node) in ("job_inputs", "insights")
            and unique_id not in shown
        ):
            yield f"{node['name']}: no exposure says who reads it"


def writers(manifest: Manifest) -> Iterator[str]:
    for source in manifest["sources"].values():
        if not source["config"].get("meta", {}).get("written_by"):
            yield f"{source['source_name']}.{source['name']}: who writes it?"


def invariants(manifest: Manifest) -> Iterator[str]:
    for node in manifest["nodes"].values():
        singular = node["resource_type"] == "test" and not node.get("test_metadata")
        if singular and not node["name"].startswith("assert_"):
            yield node["name"]
        if singular and not node["raw_code"].startswith("-- "):
            yield f"{node['name']} does not say what it asserts"


EVERY_RULE = (
    *(reads_downward, one_source_each, one_reader_each, names, own_file_of_properties, owners),
    *(
        descriptions,
        documented_sources,
        grain,
        primary_keys,
        contracts,
        constraints,
        column_names,
        no_target_type,
    ),
    *(one_concept_a_file, both_databases, documented_macros, used_macros, exposures, writers),
    *(invariants, histories),
)
