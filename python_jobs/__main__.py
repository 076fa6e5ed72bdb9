"""`python -m python_jobs` is `insights`."""

from python_jobs.cli import main

main()
