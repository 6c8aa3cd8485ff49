"""Reports: comparisons and runs in; one HTML page, tables of text, CSV and JSON out. Start at `view` and `formats`."""
