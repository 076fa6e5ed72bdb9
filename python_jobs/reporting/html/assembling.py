"""One file of the page's parts: styles, scripts, libraries and data, under a strict policy.

The scripts are ES modules in `page/js`. A bundler would be one more thing to install, so this puts
them in the order of their imports into one script; that asks for names at the top of a module to be
the page's only ones, which a test sees to.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from importlib import resources
from typing import TYPE_CHECKING

from python_jobs.reporting.html.text import visible

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from python_jobs.reporting.html.contents import Contents

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z_]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)
_STYLES = ("base", "layout", "filters", "segments", "map", "charts", "print")
_LIBRARIES = ("d3-hierarchy", "kdbush")
MAIN = "main"


def assemble(contents: Contents, *, title: str) -> str:
    """The whole page."""
    page = page_folder()
    style = "\n".join((page / "css" / f"{name}.css").read_text("utf-8") for name in _STYLES)
    script = script_of(page)
    parts = {
        "POLICY": html.escape(policy(script, style)),
        "TITLE": html.escape(visible(title)),
        "STYLE": style,
        "SCRIPT": script,
        "FACTS": _json(contents.facts),
        "CORE": contents.core,
        "TEXTS": contents.texts,
    }
    template = (page / "index.html").read_text("utf-8")
    return re.sub(r"\{\{([A-Z]+)\}\}", lambda match: parts[match.group(1)], template)


def policy(script: str, style: str) -> str:
    """Nothing but this script and this style; no address to load from or to send to."""
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def script_of(page: Traversable) -> str:
    """Libraries, then all modules that `main` needs, each after those that it imports."""
    vendor = page / "vendor"
    libraries = [
        f"/*! {name}\n{(vendor / f'{name}.LICENSE').read_text('utf-8')}*/\n"
        f"{(vendor / f'{name}.min.js').read_text('utf-8')}"
        for name in _LIBRARIES
    ]
    modules: dict[str, str] = {}
    _collect(page, MAIN, modules, ())
    body = "\n".join(modules.values())
    return "\n".join([*libraries, f'(() => {{\n"use strict";\n{body}\n}})();'])


def page_folder() -> Traversable:
    """Where the parts lie, also in an installed wheel."""
    return resources.files("python_jobs.reporting.html") / "page"


def _collect(page: Traversable, name: str, modules: dict[str, str], above: tuple[str, ...]) -> None:
    if name in modules:
        return
    if name in above:
        raise ValueError(f"the modules {', '.join(above)} import each other in a circle")
    source = (page / "js" / f"{name}.js").read_text("utf-8")
    for needed in _IMPORT.findall(source):
        _collect(page, needed, modules, (*above, name))
    modules[name] = f"// {name}.js\n{_EXPORT.sub('', _IMPORT.sub('', source))}"


def _hash(inline: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}"


def _json(facts: str) -> str:
    """JSON that no text inside can end: `<` is the only sign that matters in a script element."""
    json.loads(facts)
    return facts.replace("<", "\\u003c")
