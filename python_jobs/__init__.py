"""Customer Insights Pipeline: the jobs that do what SQL cannot."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("customer-insights-pipeline")
except PackageNotFoundError:  # run from a checkout that was never installed
    __version__ = "0+unknown"
