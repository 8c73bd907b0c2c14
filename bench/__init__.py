"""The figures of the performance targets, measured on real processes and databases: `python -m bench`."""
