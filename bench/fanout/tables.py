"""The tables: each figure is the median over rounds."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))
from benchlib import median, spread


def bottleneck(p: dict) -> str:
    server, load = p["server_cpu"] > 0.9, p["loadgen_cpu"] + p["upstream_cpu"] > 0.9
    return (
        "both cores"
        if server and load
        else "server"
        if server
        else "load core"
        if load
        else "none"
    )


def med(runs: list[dict], *keys):
    values = []
    for r in runs:
        for k in keys:
            r = (
                r[k]
                if not isinstance(r, list)
                else next((p for p in r if p["spec"].startswith(k)), None)
            )
            if r is None:
                break
        values.append(r)
    return median(values)


def fanout_table(rows: dict[tuple[str, int], list[dict]]) -> str:
    out = [
        "\n### Start-up, memory, upstream\n",
        "| peer | S | ready s | server CPU s | CPU µs per subscriber | RSS idle MB | KB per subscriber, started | after load | RSS peak MB | "
        "upstream watches |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for (name, subs), runs in rows.items():
        ok = [r for r in runs if "error" not in r]
        if not ok:
            out.append(f"| {name} | {subs} | failed: {runs[-1]['error'][:80]} |")
            continue
        secs, cpu = (
            med(ok, "ready", "secs"),
            median([r["ready"]["secs"] * r["ready"]["server_cpu"] for r in ok]),
        )
        out.append(
            f"| {name} | {subs} | {secs:.2f} | {cpu:.2f} | {cpu / subs * 1e6:,.0f} | {med(ok, 'ready', 'rss_idle_kb') / 1024:.0f} | "
            f"{median([(r['ready']['rss_kb'] - r['ready']['rss_idle_kb']) / subs for r in ok]):.1f} | "
            f"{median([(r['rss_end_kb'] - r['ready']['rss_idle_kb']) / subs for r in ok]):.1f} | "
            f"{med(ok, 'rss_peak_kb') / 1024:.0f} | {med(ok, 'upstream_watches'):.0f} |"
        )
    for kind, title in (
        ("rate=1,", "1 event/s"),
        ("rate=10,", "10 events/s"),
        ("rate=100,", "100 events/s"),
        ("window", "saturating (closed loop)"),
    ):
        lines = []
        for (name, subs), runs in rows.items():
            ps = [
                p
                for r in runs
                if "error" not in r
                for p in r["phases"]
                if p["spec"].startswith(kind)
            ]
            if not ps:
                continue
            m = {
                k: median([p[k] for p in ps])
                for k in (
                    "deliveries_s",
                    "events_s",
                    "p50_ms",
                    "p99_ms",
                    "all_p50_ms",
                    "server_cpu",
                    "upstream_cpu",
                    "loadgen_cpu",
                    "missing",
                    "rss_kb",
                    "foreign",
                )
            }
            per = (
                m["server_cpu"] / m["deliveries_s"] * 1e6
                if m["deliveries_s"]
                else float("nan")
            )
            lines.append(
                f"| {name} | {subs} | {m['deliveries_s']:,.0f} | {m['events_s']:,.1f} | {m['p50_ms']:,.2f} | {m['p99_ms']:,.2f} | "
                f"{m['all_p50_ms']:,.2f} | {m['server_cpu']:.0%} | {per:.1f} | {m['upstream_cpu']:.0%} + {m['loadgen_cpu']:.0%} | "
                f"{m['rss_kb'] / 1024:.0f} | {m['missing']:.0f} | {bottleneck(m)} | {spread([p['deliveries_s'] for p in ps]):.0%} | {m['foreign']:.0%} |"
            )
        if lines:
            out += [
                f"\n### {title}\n",
                "| peer | S | deliveries/s | events/s | p50 ms | p99 ms | last subscriber p50 ms | server CPU | µs per delivery | "
                "upstream + loadgen CPU | RSS MB | missing | bottleneck | spread | foreign |",
                "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---:|---:|",
                *lines,
            ]
    return "\n".join(out) + "\n"


def storm_table(rows) -> str:
    out = [
        "| peer | S | all ready s | server CPU s | ms CPU per subscriber | MB received | MB/s | RSS peak MB | upstream lists | upstream watches | spread |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for (name, subs), runs in rows.items():
        ok = [r for r in runs if "error" not in r]
        if not ok:
            out.append(f"| {name} | {subs} | failed: {runs[-1]['error'][:80]} |")
            continue
        secs, mb = med(ok, "ready", "secs"), med(ok, "ready", "rx_mb")
        cpu = median([r["ready"]["secs"] * r["ready"]["server_cpu"] for r in ok])
        out.append(
            f"| {name} | {subs} | {secs:.2f} | {cpu:.2f} | {cpu / subs * 1e3:.2f} | {mb:,.0f} | {mb / secs:,.0f} | "
            f"{med(ok, 'rss_peak_kb') / 1024:.0f} | {med(ok, 'upstream_lists'):.0f} | {med(ok, 'upstream_watches'):.0f} | "
            f"{spread([r['ready']['secs'] for r in ok]):.0%} |"
        )
    return "\n".join(out) + "\n"
