"""A folder that says how stubbed steps go; see `stubbed_steps/sitecustomize.py`."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "stubbed_steps"
ROOT = FOLDER.parents[2]


class Stubs:
    """How each step goes, and which were called."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)  # the task may be another user's
        (folder / "calls").touch()
        (folder / "calls").chmod(0o666)

    @property
    def environment(self) -> dict[str, str]:
        return {"STUBBED_STEPS": str(self.folder), "PYTHONPATH": f"{ROOT}:{FOLDER}"}

    def fail(self, step: str, code: int) -> None:
        (self.folder / f"{step}.code").write_text(str(code))

    def say(self, step: str, text: str) -> None:
        (self.folder / f"{step}.says").write_text(text)

    def hold(self, step: str) -> None:
        (self.folder / f"{step}.began").unlink(missing_ok=True)
        (self.folder / f"{step}.hold").touch()

    def let_go(self, step: str) -> None:
        (self.folder / f"{step}.hold").unlink(missing_ok=True)
        (self.folder / f"{step}.began").unlink(missing_ok=True)

    def mend(self, step: str) -> None:
        (self.folder / f"{step}.code").unlink()

    def began(self, step: str) -> bool:
        return (self.folder / f"{step}.began").exists()

    def calls(self) -> list[str]:
        """Steps called since the last time this was asked, checks left out."""
        file = self.folder / "calls"
        found = file.read_text().split()
        file.write_text("")
        return [name for name in found if name not in ("check", "prepare")]
