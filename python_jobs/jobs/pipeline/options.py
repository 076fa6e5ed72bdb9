"""The options of `run_pipeline.sh`: which steps, and what each of them is told."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from python_jobs.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LogFormat = Literal["auto", "text", "json"]

STEPS = ("load", "stage", "embed", "tag", "cluster", "name", "publish", "marts", "report")
SHARED = ("embed", "tag")
"""Steps whose pending set several workers share."""
BACKFILL = ("load", "stage", "embed", "tag", "marts", "report")
PRESETS = ("daily", "weekly", "backfill")
LOG_FORMATS = ("auto", "text", "json")

FLAGS: Mapping[str, tuple[str, ...]] = {
    "--demo": ("load",),
    "--strict": ("load",),
    "--full": ("load",),
    "--no-skip-embedded": ("embed",),
    "--skip-embedded": ("embed",),
    "--resume": (),
    "--worker": (),
}
"""Options without a value, and the steps that they are passed on to."""

_CLUSTER = (
    "--recursive-depth --min-cluster-size --min-cluster-pct --n-neighbors --n-components"
    " --hdbscan-metric --seed --method --max-top-level --resolution --max-noise-share"
    " --stability-samples --memory-limit"
)
_LOAD = (
    "--from --source --map --encoding --rating-scale --date-format --timezone --table --query"
    " --updated-at --overlap --origin"
)
_OWN = "--steps --preset --cluster-mode --outputs --report --log-format --correlation-id"
VALUED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_LOAD.split(), ("load",)),
    **dict.fromkeys(("--days-back", "--batch-size", "--max-workers", "--mode"), SHARED),
    **dict.fromkeys(("--provider", "--max-cost"), (*SHARED, "name")),
    **dict.fromkeys(("--start-date", "--end-date", "--limit"), (*SHARED, "cluster")),
    **dict.fromkeys(_CLUSTER.split(), ("cluster",)),
    **dict.fromkeys(_OWN.split(), ()),
}
"""Options with a value, and the steps that they are passed on to."""

_OF_THE_CALL = ("--resume", "--outputs", "--report", "--log-format", "--correlation-id")
"""What may differ between a run and the one that resumes it."""
_HELP = "./run_pipeline.sh --help"


@dataclass(frozen=True)
class Options:
    """What a run was asked to do.

    Attributes:
        steps: in their own order.
        passed: what each step is told, its command's name left out.
        preset: daily, weekly, backfill, or None.
        cluster_mode: full or assign.
        mode: online or batch.
        max_cost: US dollars for all steps together, as it was given.
        worker: one of several that share what is pending.
        resume: go on where the last run stopped.
        report, log_format, correlation_id: where and how to report; None where not given.
        arguments: everything but what only concerns this call, for the run that resumes it.
    """

    steps: tuple[str, ...] = STEPS
    passed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    preset: str | None = None
    cluster_mode: str = "full"
    mode: str = "online"
    max_cost: str | None = None
    worker: bool = False
    resume: bool = False
    report: Path | None = None
    log_format: LogFormat | None = None
    correlation_id: str | None = None
    arguments: tuple[str, ...] = ()


def read_options(
    arguments: Sequence[str], mode: str = "online", *, is_loaded: bool = False
) -> Options:
    """The options, checked as far as no step has to be asked.

    Args:
        arguments: of the command line.
        mode: online or batch, where no option says it.
        is_loaded: a run that is resumed has loaded its file, which may be gone.

    Raises:
        UsageError: an option is unknown, lacks its value or contradicts another.
    """
    pairs = _pairs(arguments)
    given = {name: value for name, value in pairs if value is not None}
    flags = {name for name, value in pairs if value is None}
    passed: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        for step in (FLAGS if value is None else VALUED)[name]:
            passed[step] += _as_told(name, value)
    report = given.get("--report", "report.html" if "--demo" in flags else None)
    options = Options(
        steps=_steps(given, flags),
        passed={step: tuple(told) for step, told in passed.items()},
        preset=given.get("--preset"),
        cluster_mode=given.get("--cluster-mode", _cluster_mode(given.get("--preset"))),
        mode=given.get("--mode", mode),
        max_cost=given.get("--max-cost"),
        worker="--worker" in flags,
        resume="--resume" in flags,
        report=Path(report).absolute() if report else None,
        log_format=cast("LogFormat | None", given.get("--log-format")),
        correlation_id=given.get("--correlation-id"),
        arguments=_kept(pairs),
    )
    _check(options, given, flags)
    source = given.get("--source")
    if source and not is_loaded and not Path(source).exists():
        raise _misused(f"no file {source}")
    return options


def value_of(name: str, arguments: Sequence[str]) -> str | None:
    """What stands last after an option, also where others are wrong; None where nothing does."""
    found = None
    for at, argument in enumerate(arguments):
        option, equals, value = argument.partition("=")
        if option == name:
            found = value if equals else "".join(arguments[at + 1 : at + 2])
    return found or None


def _pairs(arguments: Sequence[str]) -> list[tuple[str, str | None]]:
    """Options with their values, which are None for flags."""
    found: list[tuple[str, str | None]] = []
    rest = list(arguments)
    while rest:
        name = rest.pop(0)
        if name in FLAGS:
            found.append((name, None))
            continue
        name, equals, value = name.partition("=") if name.startswith("--") else (name, "", "")
        if name not in VALUED:
            raise _misused(f"{name} is not known")
        if not equals:
            if not rest:
                raise _misused(f"{name} needs a value")
            value = rest.pop(0)
        found.append((name, value))
    return found


def _as_told(name: str, value: str | None) -> list[str]:
    """As the step's own command spells it."""
    if value is None:
        return [name]
    if name == "--source":
        return [str(Path(value).absolute())]
    return [] if name == "--max-cost" else [name, value]  # see `steps`: it goes with a moment


def _kept(pairs: Sequence[tuple[str, str | None]]) -> tuple[str, ...]:
    return tuple(
        part
        for name, value in pairs
        if name not in _OF_THE_CALL
        for part in ((name,) if value is None else (name, value))
    )


def _cluster_mode(preset: str | None) -> str:
    return "assign" if preset == "daily" else "full"


def _steps(given: Mapping[str, str], flags: set[str]) -> tuple[str, ...]:
    default: tuple[str, ...] = STEPS
    if "--worker" in flags:
        default = SHARED
    elif given.get("--preset") == "backfill":
        default = BACKFILL
    if "--steps" not in given:
        return default
    asked = [step for step in given["--steps"].split(",") if step]
    unknown = next((step for step in asked if step not in STEPS), None)
    if unknown is not None or not asked:
        raise _misused(f"there is no step '{unknown or given['--steps']}'")
    return tuple(step for step in STEPS if step in asked)


def _check(options: Options, given: Mapping[str, str], flags: set[str]) -> None:
    for name, value, known in (
        ("--cluster-mode", options.cluster_mode, ("full", "assign")),
        ("--mode", options.mode, ("online", "batch")),
        ("--preset", options.preset, PRESETS),
        ("--log-format", options.log_format, LOG_FORMATS),
    ):
        if value is not None and value not in known:
            *first, last = known
            raise _misused(f"{name} is {', '.join(first)} or {last}, not '{value}'")
    source = given.get("--source")
    if "--demo" in flags and source:
        raise _misused("--demo and --source do not go together")
    if "--from" in given and ("--demo" in flags or source):
        raise _misused("--from does not go with --source or --demo")
    if not ("--demo" in flags or source or "--from" in given) and options.passed.get("load"):
        raise _misused(f"{options.passed['load'][0]} goes with --source or --from")
    _check_runs(options, given)


def _check_runs(options: Options, given: Mapping[str, str]) -> None:
    if options.mode == "batch" and options.max_cost:
        raise _misused(
            "--max-cost does not go with --mode batch here: give it to "
            "`insights embed --mode batch` and `insights tag --mode batch`"
        )
    if options.preset == "backfill" and not {"--start-date", "--end-date"} <= given.keys():
        raise _misused("--preset backfill needs --start-date and --end-date")
    if options.worker and not set(options.steps) <= set(SHARED):
        raise _misused("--worker does embed and tag only: what is before and after runs once")
    if options.worker and options.resume:
        raise _misused("--worker needs no --resume: run it again, it takes what is still pending")
    if options.worker and options.mode == "batch":
        raise _misused("--worker does not go with --mode batch: a batch is one task's")


def _misused(message: str) -> UsageError:
    return UsageError(message, hint=_HELP)
