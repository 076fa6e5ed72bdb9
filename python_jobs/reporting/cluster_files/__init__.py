"""The files of `insights cluster --local`: pictures, tables, a report and an interactive map."""
