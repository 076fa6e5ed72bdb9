"""Pure functions on arrays: vectors and parameters in, a tree of clusters out. No I/O."""
