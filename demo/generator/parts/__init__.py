"""The parts of the data, one a module; each adds its records to the book."""
