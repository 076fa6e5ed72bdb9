"""The whole pipeline, step by step: what `run_pipeline.sh` hands over to.

`options` reads the command line, `steps` makes commands of it, `runner` runs them one after the
other; `state` knows what is done, `outputs` writes what came out, `observers` looks on.
"""
