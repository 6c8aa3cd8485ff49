"""The words of a report: one catalogue per language, key by key; `bench.report.text` reads them."""
