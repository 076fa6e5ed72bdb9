"""What Azure Data Factory tells a custom activity, as lines that `bootstrap.sh` evaluates.

    task_arguments.py activity.json     `extendedProperties` of the activity
    task_arguments.py --words "TEXT"    the words of a text, as a shell would part them

Of `extendedProperties`: `arguments` (those of run_pipeline.sh), `correlation_id` (the pipeline's
run id), and settings by the names of their variables. Values that are secret are refused, for
activity.json lies on the node in clear text: give the name of a Key Vault. Nothing else of the
file is read, and no value is ever repeated in a message. Standard library only: this runs before
the environment is there.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

SETTING = re.compile(r"(INSIGHTS|AZURE|OTEL|APPLICATIONINSIGHTS|DBT|MAX|BATCH|PG)_[A-Z0-9_]+")
SECRET = re.compile(r"KEY(?!_VAULT)|SECRET|PASSWORD|PASSWD|TOKEN|CREDENTIAL|CONNECTION_STRING|SAS$")
URL_WITH_PASSWORD = re.compile(r"://[^/@\s]*:[^/@\s]*@|[?&](password|sig)=", re.IGNORECASE)
BY_NAME = {"correlation_id": "INSIGHTS_CORRELATION_ID"}


class Refused(Exception):  # noqa: N818
    """A property that cannot be used; the message names it and not its value."""


def of_activity(file: Path) -> list[str]:
    """Lines for the properties of an activity.

    Raises:
        Refused: one is no text, unknown, or a secret.
    """
    try:
        activity = json.loads(file.read_text(encoding="utf-8-sig"))
        properties = activity["typeProperties"].get("extendedProperties") or {}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        raise Refused("activity.json is no custom activity's") from None
    lines = []
    for name, value in sorted(properties.items()):
        if not isinstance(value, str):
            raise Refused(f"extendedProperties.{name} is no text; a secret has no place there")
        if name == "arguments":
            lines.append(of_words(value))
        elif name in BY_NAME or SETTING.fullmatch(name):
            lines.append(_exported(name, value))
        else:
            raise Refused(
                f"extendedProperties.{name} is not known: arguments, correlation_id, or the "
                "name of a setting's variable"
            )
    return lines


def of_words(text: str) -> str:
    """The line that puts the words of a text into the array `task`.

    Raises:
        Refused: a quotation mark is not closed.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        raise Refused("the arguments have a quotation mark that is not closed") from None
    return f"task=({shlex.join(words)})"


def _exported(name: str, value: str) -> str:
    if SECRET.search(name) or URL_WITH_PASSWORD.search(value):
        raise Refused(
            f"extendedProperties.{name} holds a secret, which lies in clear text on the node: "
            "give the name of a Key Vault instead, and change that secret"
        )
    return f"export {BY_NAME.get(name, name)}={shlex.quote(value)}"


def main(arguments: list[str]) -> int:
    """Print the lines; 2 where something is refused."""
    try:
        if arguments[:1] == ["--words"]:
            lines = [of_words(arguments[1])]
        else:
            lines = of_activity(Path(arguments[0]))
    except Refused as refused:
        print(f"error: {refused}", file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
