"""Whether dbt, started by hand, would build where the jobs read."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_jobs.errors import InsightsError
from python_jobs.jobs.doctor.check import Check, ok
from python_jobs.settings import project_root
from python_jobs.storage.target import dbt_connection

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from python_jobs.settings import Settings
    from python_jobs.storage.target import Target

PROFILE = "customer_insights"
_MEND = 'eval "$(insights db env)", or use `insights dbt …`, which needs no profile'


def checks(settings: Settings) -> Iterator[Check]:
    """The project, the program, and the profile that a plain `dbt build` would take."""
    project = settings.dbt_project_dir
    if not (project / "dbt_project.yml").is_file():
        fix = "set INSIGHTS_DBT_PROJECT_DIR to the folder that holds dbt_project.yml"
        yield Check("dbt project", "fail", f"none in {project}", fix)
        return
    program = Path(sys.executable).parent / "dbt"
    if not program.exists():
        fix = "pip install customer-insights-pipeline in this environment"
        yield Check("dbt project", "fail", f"no dbt beside {sys.executable}", fix)
        return
    yield ok("dbt project", str(project))
    if chosen := os.environ.get("INSIGHTS_DBT_TARGET"):
        found = chosen_target(chosen)
        yield found
        if found.status == "fail":
            return  # no profile of ours has it
    yield profile(settings, _folder(project))


def chosen_target(chosen: str) -> Check:
    """Whether `INSIGHTS_DBT_TARGET` is one of the targets that `insights dbt` and the runs know."""
    import yaml

    text = (project_root() / "profiles.yml.example").read_text(encoding="utf-8")
    known = list(yaml.safe_load(text)[PROFILE]["outputs"])
    if chosen in known:
        return ok("dbt target", chosen)
    said = f"INSIGHTS_DBT_TARGET is {chosen!r}, which dbt does not know"
    return Check("dbt target", "fail", said, f"unset it, or say one of {', '.join(known)}")


def profile(settings: Settings, folder: Path | None) -> Check:
    """Whether the profile in `folder` leads where the jobs' settings do."""
    name = "dbt profile"
    if folder is None:
        said = "none; `insights dbt` and the pipeline need none"
        return ok(name, said)
    path = folder / "profiles.yml"
    try:
        where = dbt_connection(settings)
        environment = dict(os.environ)
        # as `insights dbt` would, for the target that is not said
        environment.setdefault("INSIGHTS_DBT_TARGET", "local" if where.is_embedded else "postgres")
        output = chosen_output(path, environment)
    except InsightsError:
        return Check(name, "warn", f"{path} is not compared: the jobs have no address", "see above")
    except Exception as error:  # a profile of one's own may hold anything
        said = f"{path} cannot be read as dbt does ({type(error).__name__})"
        return Check(name, "warn", said, "dbt debug says more")
    if output.get("type") != "postgres":
        return ok(name, f"{path}: {output.get('type')}, beside the jobs' Postgres")
    differing = differences(output, where)
    if not differing:
        return ok(name, f"{path} leads to {where.name}")
    said = f"{path} leads elsewhere than {where.variable}: {', '.join(differing)}"
    return Check(name, "warn", said, _MEND)


def differences(output: Mapping[str, Any], where: Target) -> list[str]:
    """What of a profile's target is another than the jobs'; passwords are not compared."""
    ours = {
        "host": where.host,
        "port": where.port,
        "user": where.user,
        "dbname": where.database,
    }
    found = {**output, "dbname": output.get("dbname", output.get("database"))}
    return [
        f"{key} {found.get(key)!r} for {value!r}"
        for key, value in ours.items()
        if str(found.get(key)) != str(value)
    ]


def chosen_output(path: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """The target of a profile that dbt would take, with `env_var` filled in as dbt does.

    Raises:
        Exception: whatever is wrong with a file that somebody else wrote.
    """
    import yaml
    from jinja2 import StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    def env_var(name: str, default: str | None = None) -> str:
        return environment[name] if default is None else environment.get(name, default)

    jinja = SandboxedEnvironment(undefined=StrictUndefined)
    jinja.globals["env_var"] = env_var
    for marker in ("as_number", "as_bool", "as_native", "as_text"):
        jinja.filters[marker] = lambda value: value

    def filled(value: object) -> object:
        return jinja.from_string(value).render() if isinstance(value, str) else value

    ours = yaml.safe_load(path.read_text(encoding="utf-8"))[PROFILE]
    output = ours["outputs"][filled(ours["target"])]
    return {key: filled(value) for key, value in output.items()}


def _folder(project: Path) -> Path | None:
    """Where dbt looks for profiles.yml, in its order."""
    given = os.environ.get("DBT_PROFILES_DIR")
    places = [Path(given)] if given else [project, Path.home() / ".dbt"]
    return next((place for place in places if (place / "profiles.yml").is_file()), None)
