"""Networks as data: drawn as graphs, counted, trained, shown and written out; the second thing a run can search."""
