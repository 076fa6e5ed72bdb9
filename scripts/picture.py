"""Draw the README's picture from the published run of the demo: docs/demo.svg."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from python_jobs.jobs.report import report
from python_jobs.settings import Settings

console = Console(record=True, width=104, file=io.StringIO(), highlight=False)
console.print(report(Settings.load()))
picture = Path(__file__).resolve().parent.parent / "docs" / "demo.svg"
console.save_svg(str(picture), title="./run_pipeline.sh --demo", unique_id="demo")
print(picture)
