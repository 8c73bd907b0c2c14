"""Tables and queries: the only SQL of the product. Gives and takes domain values."""
