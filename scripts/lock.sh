#!/usr/bin/env bash
# Write the two hash-locked requirements files from pyproject.toml. They name no index.
# Needs uv (https://docs.astral.sh/uv/): `pip install uv`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

compile() {
  uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --extra all \
    --generate-hashes --no-emit-index-url --no-header --no-annotate --custom-compile-command 'make lock' "$@"
}

# hatchling and editables build the editable install itself, so that no build reaches for an index.
compile --group runtime-build --output-file requirements/runtime.lock
compile --group runtime-build --group dev --output-file requirements/dev.lock
