"""Questions to the catalogue of runs: a list, one KPI over all of them, or SQL that only reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.base.errors import InputError, Problem
from bench.config.suggest import suggestion
from bench.service.catalogue import Catalogue

Rows = tuple[list[str], list[tuple[Any, ...]]]
"""Names of the columns, and rows."""

_LISTED = "run, plan, dut, rig, world, verdict, accepted, planned, duration_s, problem"


@dataclass(frozen=True, slots=True)
class Filter:
    """Which runs; empty: all. ``since_s``: that begin at this Unix time or later."""

    plan: str = ""
    dut: str = ""
    verdict: str = ""
    since_s: int | None = None

    def where(self) -> tuple[str, list[Any]]:
        """The condition and its values."""
        asked: Mapping[str, Any] = {"plan": self.plan, "dut": self.dut, "verdict": self.verdict}
        parts = [(f"runs.{name} = ?", value) for name, value in asked.items() if value]
        if self.since_s is not None:
            parts.append(("runs.start_s >= ?", self.since_s))
        return " AND ".join(["true", *(text for text, _ in parts)]), [value for _, value in parts]


def list_runs(catalogue: Catalogue, wanted: Filter) -> Rows:
    """One row a run, the latest first."""
    have = catalogue.columns("runs")
    columns = [name for name in _LISTED.split(", ") if name in have]
    condition, values = wanted.where()
    if not have:
        return [], []
    start = "strftime(to_timestamp(start_s) AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS start"
    query = (
        f"SELECT {start}, {', '.join(columns)} FROM runs WHERE {condition} ORDER BY start_s DESC NULLS LAST, run DESC"
    )
    return _asked(catalogue, query, values)


def kpi(catalogue: Catalogue, name: str, wanted: Filter) -> Rows:
    """Count, mean, least and largest of the KPI by run. ``name`` is a column of points, cycles or runs, or
    ``event.number`` of the results. Raises ``InputError`` that names what there is."""
    condition, values = wanted.where()
    if "." in name and _has(catalogue, name):
        source, column, condition, values = "results", "results.value", f"kpi = ? AND {condition}", [name, *values]
    else:
        source = _table_with(catalogue, name)
        quoted = name.replace('"', '""')
        column = f'{source}."{quoted}"'
    own = "" if source == "runs" else f"JOIN {source} USING (run)"
    query = (
        f"SELECT run, runs.plan, runs.dut, runs.verdict, count({column}) AS n, avg({column}) AS mean, "
        f"min({column}) AS min, max({column}) AS max FROM runs {own} WHERE {condition} "
        f"GROUP BY ALL HAVING count({column}) > 0 ORDER BY run"
    )
    return _asked(catalogue, query, values)


def sql(catalogue: Catalogue, query: str) -> Rows:
    """What one SELECT answers. Raises ``InputError`` for anything else, and for a mistake in it."""
    return _asked(catalogue, query, [])


def _asked(catalogue: Catalogue, query: str, values: Sequence[Any]) -> Rows:
    import duckdb

    connection = catalogue.connect()
    try:
        statements = connection.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise InputError([Problem("query", 0, 0, "is not one SELECT; the catalogue is only read")])
        answer = connection.execute(query, values) if values else connection.execute(query)
        return [column[0] for column in answer.description], answer.fetchall()
    except duckdb.Error as error:
        told = " ".join(str(error).split())
        raise InputError([Problem("query", 0, 0, f"{told} (tables: runs, points, cycles, results)")]) from None
    finally:
        connection.close()


def _has(catalogue: Catalogue, name: str) -> bool:
    if not catalogue.columns("results"):
        return False
    _, rows = _asked(catalogue, "SELECT count(*) FROM results WHERE kpi = ?", [name])
    return bool(rows[0][0])


def _table_with(catalogue: Catalogue, name: str) -> str:
    """The table that has ``name``."""
    have = {table: catalogue.columns(table) for table in ("points", "cycles", "runs")}
    for table, names in have.items():
        if name in names:
            return table
    known = sorted({column for names in have.values() for column in names})
    raise InputError([Problem(repr(name), 0, 0, f"no run has this KPI; {suggestion(name, known)}")])
