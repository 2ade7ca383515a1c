"""What is printed and what is kept: machine line, table, JSON lines, dated records."""

import csv
import datetime
import json
import os
import platform
import re
import statistics
from pathlib import Path

COLUMNS = ["workload", "peer", "variant", "ours_ms", "ours_min_ms", "ours_max_ms", "floor_ms",
           "floor_of", "level", "peer_ms", "peer_min_ms", "peer_max_ms", "ratio", "difference",
           "tolerance", "equal", "drift"]


def machine(threads, repeat, versions):
    """Where and with what a run was made, as an ordered dict of words."""
    flags = cpu_info("flags").split()
    levels = [name for name in ("avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "amx_tile")
              if name in flags]
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": cpu_info("model name") or platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "levels": " ".join(levels) or "unknown",
        "threads": str(threads),
        "repeat": str(repeat),
        "load": f"{os.getloadavg()[0]:.2f}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    } | versions


def cpu_info(field):
    """A field of the first processor in /proc/cpuinfo, empty where there is none."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(rf"^{re.escape(field)}\s*:\s*(.*)$", text, re.MULTILINE)
    return found.group(1).strip() if found else ""


def rows_of(workload, mine, timed):
    """One row per peer, a dict over COLUMNS; what was not measured is None.

    `equal` needs both sides right; without ours it speaks of the peer alone.
    """
    rows = []
    for peer in timed:
        row = dict.fromkeys(COLUMNS)
        row |= {"workload": workload.name, "peer": peer.peer, "variant": peer.variant,
                "difference": peer.check.difference, "tolerance": peer.check.tolerance,
                "equal": peer.check.equal}
        row |= spread("peer", peer.samples)
        if mine is not None:
            row |= spread("ours", mine.samples)
            row |= {name: mine.first.get(name) for name in ("floor_ms", "floor_of", "level")}
            row["ratio"] = row["ours_ms"] / row["peer_ms"]
            row["drift"] = mine.drift
            row["equal"] = peer.check.equal and mine.check.equal
            if not mine.check.equal:
                row |= {"difference": mine.check.difference, "tolerance": mine.check.tolerance}
        rows.append(row)
    return rows


def spread(who, samples):
    """Median, least and greatest of the samples, named for a row."""
    return {f"{who}_ms": statistics.median(samples), f"{who}_min_ms": min(samples),
            f"{who}_max_ms": max(samples)}


def json_line(row):
    """One comparison as the interface has it."""
    names = ("workload", "ours_ms", "peer", "peer_ms", "ratio", "equal")
    return json.dumps({"schema": 1} | {name: row[name] for name in names})


def table(rows):
    """The comparisons as text; a ratio below 1 is a win of ours, above 1 a loss."""
    lines = [("workload", "peer (variant)", "ours ms", "peer ms", "ratio", "", "equal", "difference")]
    for row in rows:
        ratio = row["ratio"]
        lines.append((
            row["workload"], f"{row['peer']} ({row['variant']})", times(row, "ours"),
            times(row, "peer"), "-" if ratio is None else f"{ratio:.2f}",
            "" if ratio is None else "win" if ratio < 1 else "loss",
            "yes" if row["equal"] else "NO",
            f"{row['difference']:.1e} of {row['tolerance']:.1e}"))
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                     for line in lines)


def times(row, who):
    """Median with its range."""
    if row[f"{who}_ms"] is None:
        return "-"
    return f"{row[f'{who}_ms']:.2f} [{row[f'{who}_min_ms']:.2f}, {row[f'{who}_max_ms']:.2f}]"


def write_record(folder, rows, where, command, kind="peers", columns=tuple(COLUMNS)):
    """Writes a new dated CSV with machine and command above the columns; never overwrites."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    cpu = re.sub(r"[^a-z0-9]+", "-", where["cpu"].lower()).strip("-")
    stem = f"{where['date'][:10]}-{kind}-{cpu}"
    for number in range(1, 1000):
        path = folder / (f"{stem}.csv" if number == 1 else f"{stem}-{number}.csv")
        try:
            file = path.open("x", newline="", encoding="utf-8")
        except FileExistsError:
            continue
        with file:
            for name, value in where.items():
                file.write(f"# {name}: {value}\n")
            file.write(f"# command: {command}\n")
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            for row in rows:
                writer.writerow({name: f"{value:.6g}" if isinstance(value, float) else value
                                 for name, value in row.items()})
        return path
    raise FileExistsError(f"{folder}: 999 records of {stem} already")
