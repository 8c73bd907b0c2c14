"""The table at the end: what was acknowledged, what is left of it, and which mails arrived."""

from collections.abc import Sequence

from faults.phases import Line

HEADINGS = (
    "database", "phase", "acknowledged", "lost", "doubled", "mails expected", "sent", "sent twice",
    "failed, shown", "overtaken", "s to recover",
)  # fmt: skip


def print_table(lines: Sequence[Line], skipped: Sequence[str]) -> None:
    """Counts add up from phase to phase while the phases share their data."""
    rows = [HEADINGS, *(_cells(line) for line in lines)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for row in rows:
        cells = [text.ljust(width) if column < 2 else text.rjust(width)
                 for column, (text, width) in enumerate(zip(row, widths, strict=True))]  # fmt: skip
        print("  ".join(cells).rstrip())
    for line in lines:
        where = f"{line.database}, {line.name}"
        for reason, count in sorted(line.found.twice.items()):
            print(f"{where}: {count} sent twice, same Message-ID: {reason}")
        for problem in [*line.found.problems[:20], *line.problems]:
            print(f"{where}: WRONG: {problem}")
    for reason in skipped:
        print(reason)


def _cells(line: Line) -> tuple[str, ...]:
    found = line.found
    counts = (
        found.acknowledged, found.lost, found.doubled, found.expected, found.sent, found.twice.total(),
        found.failed, found.overtaken,
    )  # fmt: skip
    return line.database, line.name, *map(str, counts), f"{line.recovered:.1f}"
