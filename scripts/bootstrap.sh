#!/usr/bin/env bash
# Start the bundle that lies beside this file, as Azure Batch does it:
#   bash bootstrap.sh [arguments of run_pipeline.sh]
# Arguments: those given here, else INSIGHTS_ARGS, else `extendedProperties` of activity.json.
# INSIGHTS_CACHE (else AZ_BATCH_NODE_SHARED_DIR, else ~/.cache) keeps environments between tasks.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${AZ_BATCH_TASK_WORKING_DIR:-$PWD}

say() { printf '%s\n' "$*" >&2; }
fail() { # CODE MESSAGE FIX; the message is ours and holds no character that JSON minds
  say "error: $2"
  say "fix:   $3"
  printf '{"status": "failed", "exit_code": %s, "error": "%s"}\n' "$1" "$2" >"$work/outputs.json.new" \
    && mv -f "$work/outputs.json.new" "$work/outputs.json" || true
  exit "$1"
}

find_python() {
  local candidate
  for candidate in ${INSIGHTS_PYTHON:+"$INSIGHTS_PYTHON"} python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

# Where a folder of ours can be made and written to.
find_cache() {
  local folder
  for folder in "${INSIGHTS_CACHE:-}" "${AZ_BATCH_NODE_SHARED_DIR:+$AZ_BATCH_NODE_SHARED_DIR/customer-insights}" \
    "${HOME:+$HOME/.cache/customer-insights}" "$work/.cache"; do
    if [[ -n $folder ]] && mkdir -p "$folder" 2>/dev/null && [[ -w $folder ]]; then
      printf '%s' "$folder"
      return
    fi
  done
  return 1
}

shopt -s nullglob
bundles=("$here"/customer-insights*.zip)
[[ ${#bundles[@]} == 1 ]] ||
  fail 10 "there are ${#bundles[@]} bundles beside bootstrap.sh, not one" "copy one release folder, all of it"
bundle=${bundles[0]}

[[ -f $bundle.sha256 ]] || fail 10 "the bundle has no checksum beside it" "copy the .sha256 file, too"
read -r expected _ <"$bundle.sha256" || true
found=$(sha256sum "$bundle") || fail 10 "sha256sum is missing" "install coreutils"
[[ ${found%% *} == "$expected" ]] ||
  fail 10 "the bundle is not the one that its checksum names" "upload the release again"

python=$(find_python) || fail 10 "no Python 3.11, 3.12 or 3.13 found" "install one, or name it: INSIGHTS_PYTHON"
cache=$(find_cache) || fail 10 "no folder to keep environments in" "set INSIGHTS_CACHE"

# A folder of this task's own: dbt writes into the project, and tasks share the node.
app=$(mktemp -d "$work/insights.XXXXXX")
"$python" -m zipfile -e "$bundle" "$app" || fail 10 "the bundle cannot be unpacked" "is the disk full?"
app=$app/customer-insights
chmod +x "$app/run_pipeline.sh" "$app/scripts/venv.sh"

# One environment for each state of the locks and each Python: it outlives this task.
key=$({ cat "$app/requirements/runtime.lock" "$app/pyproject.toml"; "$python" -VV; } | sha256sum)
venv=$cache/venv-${key:0:16}
# Tasks may be users of their own: wait for one that is making it, and make another if it failed.
others_unfinished() { [[ -e $venv.lock && ! -w $venv.lock && ! -f $venv/.insights-runtime ]]; }
if others_unfinished; then { flock 9 || true; } 9<"$venv.lock"; fi
if others_unfinished; then venv=$venv-$(id -u); fi
export INSIGHTS_VENV="${INSIGHTS_VENV:-$venv}"
export INSIGHTS_PYTHON="$python"
if ! { mkdir -p "$cache/home" && [[ -w $cache/home ]]; } 2>/dev/null; then # another user's
  export INSIGHTS_HOME="${INSIGHTS_HOME:-$work/home}"
fi
export INSIGHTS_HOME="${INSIGHTS_HOME:-$cache/home}"
export INSIGHTS_LOG_FORMAT="${INSIGHTS_LOG_FORMAT:-json}"
export DBT_LOG_PATH="${DBT_LOG_PATH:-$app/logs}"

task=()
if [[ -f $work/activity.json ]]; then # Data Factory's
  settings=$("$python" "$app/scripts/task_arguments.py" "$work/activity.json") ||
    fail 2 "extendedProperties of activity.json cannot be used" "see the message above"
  eval "$settings" # export NAME='value' and task=('…'), quoted by shlex
fi
if (($# == 0)); then
  if [[ -n ${INSIGHTS_ARGS:-} ]]; then
    settings=$("$python" "$app/scripts/task_arguments.py" --words "$INSIGHTS_ARGS") ||
      fail 2 "INSIGHTS_ARGS cannot be read as words" "see the message above"
    eval "$settings"
  fi
  set -- ${task[@]+"${task[@]}"}
fi
exec "$app/run_pipeline.sh" "$@"
