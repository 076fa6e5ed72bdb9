#!/usr/bin/env bash
# The whole pipeline, step by step: feedback in, marts out.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: ./run_pipeline.sh [--demo | --source FILE] [options]

  --demo              load the bundled demo feedback first
  --source FILE       load a CSV, JSON Lines or Parquet file first (see `insights load --help`)
  --from SERVER       load from the database at INSIGHTS_SOURCE_URL first: postgres or sqlserver,
                      with --table or --query (see docs/sources.md)
                      without either, the feedback already loaded is processed
  --steps A,B,...     only these steps, in their own order (default: all):
                      load stage embed tag cluster name publish marts report

Options passed on to the steps that know them:
  load:               --map THEIRS=OURS (repeatable)  --encoding NAME  --rating-scale MIN-MAX
                      --date-format FORMAT (repeatable)  --timezone NAME  --strict
  load --from:        --table [SCHEMA.]NAME  --query SQL  --updated-at COLUMN  --overlap SPAN
                      --origin NAME  --full
  embed, tag:         --days-back N  --batch-size N  --max-workers N  --no-skip-embedded (embed)
                      --mode online|batch (batch: OpenAI answers within a day at half price; the
                      run waits for it; INSIGHTS_MODE says the same)
  embed, tag, name:   --provider openai|azure|local
                      --max-cost USD (a hard ceiling for all three together; not with --mode batch)
  embed, tag, cluster: --start-date YYYY-MM-DD  --end-date YYYY-MM-DD  --limit N
  cluster:            --cluster-mode full|assign (assign: place what is new in the published
                      segments instead of finding new ones; name and publish have nothing to do)
                      --method umap-hdbscan|graph
                      --max-top-level N  --resolution G  --max-noise-share F (all three: graph)
                      --recursive-depth N  --min-cluster-size N  --min-cluster-pct F
                      --n-neighbors N  --n-components N  --hdbscan-metric euclidean|cosine  --seed N
                      --stability-samples N  --memory-limit SIZE

INSIGHTS_DATABASE_URL points the run at your own Postgres; else an embedded one is started.

Exit codes: 0 done, 2 wrong usage, 6 done but some texts were given up, 9 --max-cost is reached,
75 another run is at work, 130 and 143 interrupted; else the step that failed: 10 setup,
11 database, 12 load, 13 stage, 14 embed, 15 tag, 16 cluster, 17 name, 18 publish (the new
segments failed their tests, the published ones stay), 19 marts, 20 report.
TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PATH="${INSIGHTS_VENV:-$root/.venv}/bin:$PATH"
# This checkout's code, also in an environment that another one made.
export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"

say() { printf '%s\n' "$*" >&2; }
misused() {
  say "error: $1"
  say "fix:   ./run_pipeline.sh --help"
  exit 2
}

steps=load,stage,embed,tag,cluster,name,publish,marts,report
load=() embed=() tag=() cluster=() name=()
demo=0 source="" from="" mode=${INSIGHTS_MODE:-online} cluster_mode=full max_cost=""
started=$(date -u +%Y-%m-%dT%H:%M:%S+00:00)

read_options() {
  while (($#)); do
    local option=$1
    case $option in
      -h | --help) usage && exit 0 ;;
      --demo) demo=1 && load+=(--demo) && shift && continue ;;
      --strict | --full) load+=("$option") && shift && continue ;;
      --no-skip-embedded | --skip-embedded) embed+=("$option") && shift && continue ;;
      --*=*) # --name=value is --name value
        set -- "${option%%=*}" "${option#*=}" "${@:2}"
        continue
        ;;
    esac
    (($# > 1)) || case $option in
      --*) misused "$option needs a value, or is not known" ;;
      *) misused "$option is not known" ;;
    esac
    local value=$2
    case $option in
      --from) from=$value && load+=("$option" "$value") ;;
      --source) source=$value && load+=("$(absolute "$value")") ;;
      --steps) steps=$value ;;
      --map | --encoding | --rating-scale | --date-format | --timezone | --table | --query | \
        --updated-at | --overlap | --origin) load+=("$option" "$value") ;;
      --days-back | --batch-size | --max-workers) embed+=("$option" "$value") tag+=("$option" "$value") ;;
      --mode) mode=$value && embed+=("$option" "$value") tag+=("$option" "$value") ;;
      --cluster-mode) cluster_mode=$value && cluster+=(--mode "$value") ;;
      --max-cost) # what the earlier steps have spent counts
        max_cost=$value && set_aside=("$option" "$value" --cost-since "$started")
        embed+=("${set_aside[@]}") tag+=("${set_aside[@]}") name+=("${set_aside[@]}")
        ;;
      --provider) embed+=("$option" "$value") tag+=("$option" "$value") name+=("$option" "$value") ;;
      --start-date | --end-date | --limit)
        embed+=("$option" "$value") tag+=("$option" "$value") cluster+=("$option" "$value")
        ;;
      --recursive-depth | --min-cluster-size | --min-cluster-pct | --n-neighbors | --n-components | \
        --hdbscan-metric | --seed | --method | --max-top-level | --resolution | --max-noise-share | \
        --stability-samples | --memory-limit) cluster+=("$option" "$value") ;;
      *) misused "$option is not known" ;;
    esac
    shift 2
  done
}

absolute() {
  case $1 in
    /*) printf '%s' "$1" ;;
    *) printf '%s/%s' "$PWD" "$1" ;;
  esac
}

check_options() {
  [[ $cluster_mode == full || $cluster_mode == assign ]] ||
    misused "--cluster-mode is full or assign, not '$cluster_mode'"
  ((demo == 0)) || [[ -z $source ]] || misused "--demo and --source do not go together"
  [[ -z $from ]] || { ((demo == 0)) && [[ -z $source ]]; } ||
    misused "--from does not go with --source or --demo"
  [[ $mode != batch || -z $max_cost ]] || misused "--max-cost does not go with --mode batch here: \
give it to \`insights embed --mode batch\` and \`insights tag --mode batch\`"
  local step
  for step in ${steps//,/ }; do
    case $step in
      load | stage | embed | tag | cluster | name | publish | marts | report) ;;
      *) misused "there is no step '$step'" ;;
    esac
  done
  if ((demo == 0)) && [[ -z $source && -z $from ]]; then
    ((${#load[@]} == 0)) || misused "${load[0]} goes with --source or --from"
  fi
  [[ -z $source || -e $source ]] || misused "no file $source"
}

wanted() { [[ ,$steps, == *,$1,* ]]; }

# Wrong options and missing keys come out before anything is loaded or paid for.
check_steps() {
  wanted embed && { insights embed --check ${embed[@]+"${embed[@]}"} || exit 2; }
  wanted tag && { insights tag --check ${tag[@]+"${tag[@]}"} || exit 2; }
  wanted cluster && { insights cluster --check ${cluster[@]+"${cluster[@]}"} || exit 2; }
  return 0
}

incomplete=0
rejected=0

# run CODE TITLE COMMAND...: stop with CODE where the command fails.
run() {
  local code=$1 title=$2 status=0
  shift 2
  say ""
  say "── $title"
  "$@" || status=$?
  case $status in
    0) ;;
    9 | 130 | 143) exit "$status" ;; # the ceiling of --max-cost, or interrupted
    6) incomplete=1 ;;                    # some texts were given up; all others are stored
    7) rejected=1 ;;                      # the candidate was rejected; what is published stays
    *)
      say "error: the step '$title' failed (exit code $code)"
      exit "$code"
      ;;
  esac
}

run_steps() {
  if wanted load && ((${#load[@]})); then
    run 12 "load: feedback into the raw tables" insights load "${load[@]}"
  fi
  if wanted stage; then
    run 13 "stage: dbt cleans, deduplicates and computes what is pending" \
      insights dbt --quiet build --select +path:models/staging +tag:job_inputs --indirect-selection buildable \
      --exclude-resource-type unit_test
  fi
  if wanted embed; then
    run 14 "embed: a vector for each new text" insights embed ${embed[@]+"${embed[@]}"}
  fi
  if wanted tag; then
    run 15 "tag: categories of the taxonomy" insights tag ${tag[@]+"${tag[@]}"}
  fi
  # With --mode batch both have only handed their texts over: one wait serves both.
  if [[ $mode == batch ]] && { wanted embed || wanted tag; }; then
    local code=14
    wanted tag && code=15
    run "$code" "batches: what the provider answers" insights batch fetch --wait
  fi
  if wanted cluster; then
    run 16 "cluster: the tree of segments" insights cluster ${cluster[@]+"${cluster[@]}"}
  fi
  # With --cluster-mode assign there is no new run, and a candidate that waits is not its affair.
  if [[ $cluster_mode == assign ]] && { wanted name || wanted publish; }; then
    say ""
    say "── name, publish: nothing to do, the published segments stay"
  fi
  if [[ $cluster_mode != assign ]] && wanted name; then
    run 17 "name: what each segment is about" insights name ${name[@]+"${name[@]}"}
  fi
  if [[ $cluster_mode != assign ]] && wanted publish; then
    run 18 "publish: new segments, if they pass their tests" insights runs gate
  fi
  if wanted marts; then
    run 19 "marts: dbt builds and tests what BI reads" \
      insights dbt --quiet build --exclude-resource-type unit_test
  fi
  if wanted report; then
    run 20 "report" insights report
    ((demo == 0)) || run 20 "report: the page" insights report --output report.html
  fi
}

read_options "$@"
check_options

if [[ -z ${INSIGHTS_LOCK_HELD:-} ]]; then
  "$root/scripts/venv.sh" runtime || exit 10
  check_steps
  insights db prepare || exit 11
  # This script again, with the lock held around it: a second run ends here with exit code 75.
  exec insights lock "$root/run_pipeline.sh" "$@"
fi

run_steps
if wanted report; then
  say ""
  say "Next:"
  ((demo == 0)) || say "  open report.html in a browser                  what customers say, to look at and to forward"
  say "  ./run_pipeline.sh --source your_feedback.csv   your own feedback (this demo makes room)"
  say "  .venv/bin/insights cluster --local             pictures and tables into ./cluster_output"
  say "  .venv/bin/insights db psql                     SQL: select * from marts.cluster_summary;"
fi
((incomplete == 0)) || exit 6
((rejected == 0)) || exit 18
