"""Numbers that others published without raw output: a CSV file becomes runs of the suite `table`.

Two forms are read. Long: one value a row, columns `target, tag, metric, value, unit`. Wide: one column per tag, right
of the other columns: `region,size,target,metric,unit,pre-maintenance,post-host-patch`. Optional columns: `suite`,
`case`, `part`, `title`, `better`, `kind`, `scale`, `margin`, `repetition`, `session`, `date` (ISO 8601); every other
column is a label of the target. Lines that start with `#` are comments. Missing cells are absent values, never 0.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import replace

from bench.analyse.table_cells import Row, Sheet, open_sheet, row_of
from bench.config.catalogue import LoadedSuite
from bench.errors import ConfigError
from bench.model import Pairs, Phase, is_safe_name
from bench.store import Store, StoredRun
from bench.store.importing import Origin, RawFile, import_files

__all__ = ["Row", "import_table", "read_table", "sessions_of"]

COLUMNS = ("metric", "part", "title", "value", "unit", "better", "kind", "scale", "margin", "line")
"""The header of what is stored for each trial: what `suites/table/parse.py` reads."""


def read_table(data: bytes, source: str) -> tuple[Row, ...]:
    """Every value of a table; ConfigError with file, line and column when it cannot be understood."""
    sheet = open_sheet(data, source)
    rows: list[Row] = []
    for line, cells in sheet.lines:
        for tag, value in sheet.values(cells, line):
            rows.append(row_of(sheet, cells, line, tag, value))
    if not rows:
        raise ConfigError("there is no value in this table", where=source, remedy="Write one value a row")
    return _numbered(rows, sheet)


def sessions_of(rows: Sequence[Row]) -> list[tuple[str, int]]:
    """The runs that rows become: (tag, session), 0 where the table gives none; tags in the order of the table."""
    tags = list(dict.fromkeys(row.tag for row in rows))
    return sorted({(row.tag, row.session or 0) for row in rows}, key=lambda one: (tags.index(one[0]), one[1]))


def import_table(
    store: Store,
    loaded: LoadedSuite,
    data: bytes,
    source: str,
    *,
    campaign: str,
    measured_at: str,
    leave_out: Collection[tuple[str, int]] = (),
) -> list[StoredRun]:
    """Store a table: one run per tag and session, one trial per target, case and repetition; the file itself as raw.

    loaded: the suite `table`. measured_at: ISO 8601, for rows without a `date`. ConfigError before anything is
    stored when the table cannot be read. leave_out: sessions (see `sessions_of`) that are in the store already, because
    an import of this table was interrupted between two runs.
    """
    rows = read_table(data, source)
    tags = tuple(dict.fromkeys(row.tag for row in rows))
    made: list[StoredRun] = []
    for tag, session in sessions_of(rows):
        if (tag, session) in leave_out:
            continue
        mine = [row for row in rows if row.tag == tag and (row.session or 0) == session]
        files = _files(mine)
        files[0] = replace(files[0], beside=((_file_name(source), data),))
        origin = Origin(
            campaign=campaign,
            tag=tag,
            measured_at=min((row.date for row in mine if row.date), default=measured_at),
            session=session or None,
            labels=_labels(mine, source),
            phases=tuple(Phase(one) for one in tags),
            title=f"Published numbers from {source}",
        )
        made.append(import_files(store, loaded.suite, loaded.digest, loaded.parse, files, origin))
    return made


def _numbered(rows: list[Row], sheet: Sheet) -> tuple[Row, ...]:
    """Give rows without a repetition the next one; the same value twice with one is an error."""
    seen: dict[tuple[object, ...], int] = {}
    numbered: list[Row] = []
    for row in rows:
        key = (row.tag, row.session, row.target, row.case, row.metric, row.part)
        if "repetition" not in sheet.columns:
            row = replace(row, repetition=seen.get(key, 0) + 1)
            seen[key] = row.repetition
        elif seen.setdefault((*key, row.repetition), row.line) != row.line:
            raise ConfigError(
                f"{row.target} already has repetition {row.repetition} of {row.metric} in {row.tag}",
                where=f"{sheet.source}:{row.line}",
                remedy="Number repetitions from 1, or leave the column out",
            )
        numbered.append(row)
    return tuple(numbered)


def _files(rows: list[Row]) -> list[RawFile]:
    trials: dict[tuple[str, tuple[str, ...], int], list[Row]] = {}
    for row in rows:
        trials.setdefault((row.case, row.machines, row.repetition), []).append(row)
    return [
        RawFile("rows.csv", _written(mine), machines, case)
        for (case, machines, _), mine in sorted(trials.items(), key=lambda item: item[0])
    ]


def _written(rows: list[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        margin = "" if row.margin is None else repr(row.margin)
        values = (row.metric, row.part, row.title, repr(row.value), row.unit, row.better, row.kind, row.scale)
        writer.writerow((*values, margin, row.line))
    return text.getvalue().encode()


def _labels(rows: list[Row], source: str) -> tuple[tuple[str, Pairs], ...]:
    found: dict[str, Pairs] = {}
    for row in rows:
        for machine in row.machines:
            if found.setdefault(machine, row.labels) != row.labels:
                raise ConfigError(
                    f"{machine!r} has other labels here than in an earlier row of {row.tag!r}",
                    where=f"{source}:{row.line}",
                    remedy="A target has one region and one size within a phase; give two machines two names",
                )
    return tuple(found.items())


def _file_name(source: str) -> str:
    name = source.replace("\\", "/").rsplit("/", 1)[-1]
    return name if is_safe_name(name) and name != "rows.csv" else "table.csv"
