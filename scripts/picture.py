"""Draw the README's picture from the published run of the demo: docs/demo.svg."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from python_jobs.jobs.report import report
from python_jobs.settings import Settings

console = Console(record=True, width=104, file=io.StringIO(), highlight=False)
console.print(report(Settings.load()))
picture = Path(__file__).resolve().parent.parent / "docs" / "demo.svg"
# The picture uses a font that is there and loads none from elsewhere.
offline = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
offline = offline.replace("Fira Code", "ui-monospace, Menlo, Consolas").replace(
    "<!-- Generated with Rich https://www.textualize.io -->", ""
)
console.save_svg(
    str(picture), title="./run_pipeline.sh --demo", code_format=offline, unique_id="demo"
)
print(picture)
