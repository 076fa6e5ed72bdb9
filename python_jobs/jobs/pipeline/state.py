"""What a run has done, kept outside the task's directory, so that `--resume` can go on.

One folder a database below `INSIGHTS_STATE_DIR`: `run.json`, and what dbt wrote of its last
command. Only the holder of the pipeline's lock writes here.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from python_jobs.errors import ConfigurationError
from python_jobs.jobs.dbt import PARTIAL_PARSE
from python_jobs.logs import logger
from python_jobs.settings import Settings, project_root
from python_jobs.storage.target import target

if TYPE_CHECKING:
    from collections.abc import Sequence

RUN_RESULTS, MANIFEST = "run_results.json", "manifest.json"
_MARK = "step.json"
"""Which step the artifacts are of; written last."""
_FORMAT = 1


@dataclass
class State:
    """The last run on a database.

    Attributes:
        run_id: of the latest attempt.
        arguments: what it was asked for (`Options.arguments`).
        started_at: when its first attempt began (ISO 8601): `--max-cost` counts from then.
        cluster_mode: full or assign, as decided by the first attempt.
        done: the steps that need not be done again, with what their failures left behind.
        ended: it came to its end: there is nothing to resume.
    """

    run_id: str
    arguments: list[str]
    started_at: str
    cluster_mode: str
    done: dict[str, int] = field(default_factory=dict)
    ended: bool = False


class Store:
    """The folder of one database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def dbt(self) -> Path:
        """What dbt wrote of its last command."""
        return self.folder / "dbt"

    def load(self) -> State | None:
        """The last run; None where there is none, or another version wrote it."""
        try:
            written: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
            if written.pop("format", None) == _FORMAT:
                return State(**written)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError):
            pass
        logger.warning("the state in %s cannot be read, so nothing is resumed", self.folder)
        return None

    def save(self, state: State) -> None:
        """Replace what is known in one step: a crash never leaves half of it.

        Raises:
            ConfigurationError: the folder cannot be written to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder, prefix=".run.")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"format": _FORMAT} | asdict(state), file, indent=1)
            Path(name).replace(self._file)
        except OSError as error:
            raise ConfigurationError(
                f"the state of this run cannot be kept in {self.folder}: {error.strerror}",
                hint="set INSIGHTS_STATE_DIR to a folder that outlives this task",
            ) from None

    def keep_artifacts(self, target_dir: Path, step: str) -> None:
        """Copy what dbt wrote of a step's command that has just ended, whatever its end."""
        with suppress(OSError):
            self.dbt.mkdir(parents=True, exist_ok=True)
            (self.dbt / _MARK).unlink(missing_ok=True)
            for name in (RUN_RESULTS, MANIFEST, PARTIAL_PARSE):
                (self.dbt / name).unlink(missing_ok=True)
                if (target_dir / name).is_file():
                    shutil.copyfile(target_dir / name, self.dbt / name)
            made_of = {"step": step, "models": models_fingerprint()}
            (self.dbt / _MARK).write_text(json.dumps(made_of), encoding="utf-8")

    def forget_results(self) -> None:
        """A dbt command begins: should it be killed, the results of the last are not its."""
        with suppress(OSError):
            (self.dbt / _MARK).unlink(missing_ok=True)

    def restore_artifacts(self, target_dir: Path) -> None:
        """Give a fresh checkout what dbt last parsed, so that little is parsed again."""
        if not (target_dir / PARTIAL_PARSE).exists():
            with suppress(OSError):
                target_dir.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.dbt / PARTIAL_PARSE, target_dir / PARTIAL_PARSE)

    def can_retry(self, step: str) -> bool:
        """Whether the last dbt command was this step's, left something undone, and can go on.

        Only with the models that it ran with: after an edit the whole step has to run.
        """
        try:
            mark = json.loads((self.dbt / _MARK).read_text(encoding="utf-8"))
            results = json.loads((self.dbt / RUN_RESULTS).read_text(encoding="utf-8"))["results"]
        except (OSError, ValueError, KeyError):
            return False
        left = any(each["status"] in ("error", "fail", "skipped") for each in results)
        return left and bool(mark == {"step": step, "models": models_fingerprint()})

    @property
    def _file(self) -> Path:
        return self.folder / "run.json"


def store(settings: Settings) -> Store:
    """Where the state of runs on the configured database is kept."""
    where = target(settings)
    # An embedded server may come back on another port.
    embedded = settings.database_url is None
    server = str(settings.home.absolute()) if embedded else f"{where.host}:{where.port}"
    named = f"{server}/{where.database} {settings.schema_prefix}"
    key = hashlib.sha256(named.encode()).hexdigest()[:12]
    folder = settings.state_dir or settings.home / "state"
    return Store(folder / f"{where.database}-{key}")


def models_fingerprint() -> str:
    """One number for all files of the dbt project that say what is built."""
    project = project_root() / "dbt_project"
    digest = hashlib.sha256()
    for folder in ("models", "macros", "seeds", "snapshots", "tests", "dbt_project.yml"):
        for path in _files(project / folder):
            digest.update(str(path.relative_to(project)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _files(path: Path) -> Sequence[Path]:
    return [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
