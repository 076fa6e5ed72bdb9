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
  --preset NAME       daily: all steps; what is new joins the published segments
                      weekly: all steps; segments are found anew
                      backfill: --start-date to --end-date; without clustering
                      (options given beside it win)
  --resume            go on where the last run stopped, at the step that failed; beside other
                      options only if it had the same ones, else from the start
  --worker            one of several tasks at once that share what is pending: embed and tag
  --report FILE       the report as an HTML file, too, with the step report
  --outputs FILE      what the run did, as JSON (default: outputs.json in AZ_BATCH_TASK_WORKING_DIR)
  --log-format FORMAT json: one event a line; text; auto (INSIGHTS_LOG_FORMAT says the same)
  --correlation-id ID stands in every event and record (INSIGHTS_CORRELATION_ID says the same)

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

Exit codes: 0 done, 2 wrong usage, 3 an unusable setting, 6 done but some texts were given up,
9 --max-cost is reached, 75 another run is at work, 130 and 143 interrupted, 1 a defect; else the
step that failed: 10 setup, 11 database, 12 load, 13 stage, 14 embed, 15 tag, 16 cluster, 17 name,
18 publish (the new segments failed their tests, the published ones stay), 19 marts, 20 report.
TEXT
}

for option in "$@"; do
  case $option in -h | --help) usage && exit 0 ;; esac
done

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PATH="${INSIGHTS_VENV:-$root/.venv}/bin:$PATH"
# This checkout's code, also in an environment that another one made.
export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}"

# Until Python runs, and writes it itself: who reads the file learns at least that it did not.
if [[ -n ${AZ_BATCH_TASK_WORKING_DIR:-} ]]; then
  outputs=$AZ_BATCH_TASK_WORKING_DIR/outputs.json
  printf '{"status": "failed", "exit_code": 10, "error": "the run did not start: see stderr"}\n' \
    >"$outputs.new"
  mv -f "$outputs.new" "$outputs" # in one step: nobody reads half a file
fi

"$root/scripts/venv.sh" runtime || exit 10
exec python -m python_jobs pipeline "$@"
