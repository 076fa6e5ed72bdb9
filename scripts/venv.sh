#!/usr/bin/env bash
# Make .venv from a hash-locked requirements file, once for each state of that file.
#   scripts/venv.sh runtime   what the pipeline needs
#   scripts/venv.sh dev       the same and the tools of the tests
# INSIGHTS_VENV names another folder than .venv, INSIGHTS_PYTHON another interpreter than python3.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
want=${1:-runtime}
lock=$root/requirements/$want.lock
venv=${INSIGHTS_VENV:-$root/.venv}

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $1"; say "fix:   $2"; exit 10; }

[[ -f $lock ]] || die "no requirements file '$want'" "call scripts/venv.sh with runtime or dev"

find_python() {
  local candidate
  for candidate in ${INSIGHTS_PYTHON:+"$INSIGHTS_PYTHON"} python3 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
      printf '%s' "$candidate"
      return
    fi
  done
  die "no Python 3.11, 3.12 or 3.13 found" "install one, or name it: INSIGHTS_PYTHON=/path/to/python3.12"
}

# The stamp holds what the environment was made from; a dev environment serves the runtime too.
# Checkouts may share one by INSIGHTS_VENV: whose code runs is up to PYTHONPATH, see run_pipeline.sh.
fingerprint() { cat "$1" "$root/pyproject.toml" | cksum; }
stamp=$venv/.insights-$want
up_to_date() { [[ -f $1 && $(cat "$1") == "$(fingerprint "$2")" ]]; }

if up_to_date "$stamp" "$lock"; then exit 0; fi
if [[ $want == runtime ]] && up_to_date "$venv/.insights-dev" "$root/requirements/dev.lock"; then exit 0; fi

# Two runs at once must not fill one folder: the second waits, then finds it done.
exec 9>"$venv.lock"
if command -v flock >/dev/null; then flock 9; fi
if up_to_date "$stamp" "$lock"; then exit 0; fi

python=$(find_python)
say "Setting up $venv ($want packages, a minute or two the first time) ..."
if [[ ! -x $venv/bin/python ]]; then
  "$python" -m venv "$venv" || die "python -m venv failed" \
    "on Debian and Ubuntu: apt-get install python3-venv"
fi
pip=("$venv/bin/python" -m pip --disable-pip-version-check --quiet --quiet)
"${pip[@]}" install --require-hashes --no-deps --requirement "$lock" ||
  die "the packages of $lock could not be installed" "see pip's message above; pip needs its package index"
"${pip[@]}" install --no-deps --no-build-isolation --no-index --editable "$root" ||
  die "the project itself could not be installed" "see pip's message above"
fingerprint "$lock" >"$stamp"
