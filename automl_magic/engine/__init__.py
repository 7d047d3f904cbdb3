"""Generic search: spaces, searchers, trials, their record. Knows nothing of tables, metrics' names or notebooks."""
