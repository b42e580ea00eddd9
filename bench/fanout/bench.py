"""Fan-out baselines: one Kubernetes watch, S subscribers. See README.md for what each part measures.

    bench.py soak                       [--subs 10000] [--minutes 10]
    bench.py fanout | storm | list      [--rounds N] [--peers "a;b"] [--subs 100,500] [--out NAME]

Server on SERVER_CORE; fake apiserver and load generator share LOAD_CORE. Every run starts all processes afresh.
Noise from other processes is measured and noisy runs repeated (see common/benchlib.py). Figures are medians over
rounds; server CPU per delivery is the figure that noise moves least.

A candidate joins through the environment (see README.md for what it must offer):
  CANDIDATE_CMD='python -m mine --port {port} --upstream {upstream}'
  CANDIDATE_URL=ws://127.0.0.1:9000/trpc (or http://... for SSE) + CANDIDATE_PID + UPSTREAM_PORT: already running
  CANDIDATE_PATH, CANDIDATE_SUB, CANDIDATE_QUERY, CANDIDATE_READY, CANDIDATE_SSE=1 change what is sent and awaited
"""

import argparse
import json
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "common"))
from benchlib import FOREIGN
from contenders import DEFAULT, PEERS, PHASES, Peer, candidate
from lists import lists
from running import Setup, run
from tables import fanout_table, storm_table


def soak(name: str, peer: Peer, subs: int, minutes: int, out: str):
    """S idle subscribers held for some minutes: memory when all are there, and after each minute.

    Other programs do not change what memory is held, so no minute is repeated because of them.
    """
    print(f"{name}: {subs} idle subscribers for {minutes} minutes", flush=True)
    phases = ";".join(["rate=0,window=0,warm=0,secs=60"] * minutes)
    with Setup(name, peer, 100) as s:
        r = s.load(subs, phases, False, foreign=9)
    (HERE / "results" / f"{out}.json").write_text(json.dumps(r, indent=1))
    idle, started = r["ready"]["rss_idle_kb"], r["ready"]["rss_kb"]
    lines = [
        "| minute | RSS MB | KB per subscriber | server CPU |",
        "|---:|---:|---:|---:|",
        f"| 0 | {started / 1024:.1f} | {(started - idle) / subs:.1f} | |",
    ]
    for minute, p in enumerate(r["phases"], 1):
        lines.append(
            f"| {minute} | {p['rss_kb'] / 1024:.1f} | {(p['rss_kb'] - idle) / subs:.1f} | {p['server_cpu']:.1%} |"
        )
    text = f"{name}, {subs} idle subscribers, ready in {r['ready']['secs']:.1f} s\n\n"
    text += "\n".join(lines) + "\n"
    (HERE / "results" / f"{out}.md").write_text(text)
    print(text)


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("part", choices=["fanout", "storm", "list", "soak"])
    ap.add_argument("--rounds", type=int, default=3)
    ap.add_argument("--minutes", type=int, default=10, help="of soak")
    ap.add_argument("--peers", default="")
    ap.add_argument("--subs", default="")
    ap.add_argument("--phases", default=PHASES)
    ap.add_argument("--objects", type=int, default=0)
    ap.add_argument("--out", default="")
    ap.add_argument(
        "--report",
        action="store_true",
        help="only make the tables from results/OUT.json again",
    )
    ap.add_argument(
        "--resume",
        action="store_true",
        help="keep the quiet runs already in results/OUT.json, do the others",
    )
    a = ap.parse_args()
    for d in ("build", "results"):
        (HERE / d).mkdir(exist_ok=True)
    # Names hold commas: a semicolon, where there is one, sets them apart.
    names = [n for n in a.peers.split(";" if ";" in a.peers else ",") if n]
    if a.part == "list":
        return lists(a.rounds, 5, names, a.out or "list")
    if a.part == "soak":
        name = names[0] if names else "Fairlead, ws"
        return soak(
            name, PEERS[name], int(a.subs or 10_000), a.minutes, a.out or "soak"
        )
    peers = dict(PEERS)
    order = DEFAULT[a.part]
    if c := candidate():
        peers["candidate"] = c
        order = [*order, "candidate"]
    if names:  # a unique part of a name will do
        order = [next(p for p in peers if n == p or n in p) for n in names]
    subs = [
        int(s)
        for s in (
            a.subs or {"fanout": "100,500,1000,2000", "storm": "100,500,1000"}[a.part]
        ).split(",")
    ]
    storm = a.part == "storm"
    rows: dict[tuple[str, int], list[dict]] = {}
    out = a.out or a.part
    old = HERE / "results" / f"{out}.json"
    if a.report:
        a.rounds, order = 0, [*order, *peers]
        rows = {
            (k.rsplit("|", 1)[0], int(k.rsplit("|", 1)[1])): v
            for k, v in json.loads(old.read_text()).items()
        }
    if a.resume and old.exists():
        for key, runs in json.loads(old.read_text()).items():
            name, s = key.rsplit("|", 1)
            rows[name, int(s)] = [
                r
                for r in runs
                if "error" not in r
                and all(
                    p["foreign"] <= max(1.5 * FOREIGN, 0.05 / p["secs"])
                    for p in [r["ready"], *r["phases"]]
                )
            ]
    for i in range(a.rounds):
        for name in order:
            for s in subs:
                if len(rows.get((name, s), [])) > i:
                    continue
                t0 = time.monotonic()
                r = run(
                    name,
                    peers[name],
                    s,
                    "" if storm else a.phases,
                    a.objects or (100 if storm else 1000),
                    storm,
                )
                rows.setdefault((name, s), []).append(r)
                told = r.get("error") or f"ready {r['ready']['secs']:.2f} s" + "".join(
                    f", {p['spec'].split(',')[0]}: {p['deliveries_s']:,.0f}/s p50 {p['p50_ms']:.1f} ms"
                    for p in r["phases"]
                )
                print(
                    f"round {i + 1} {name} S={s}: {told} [foreign {r['foreign']:.1%}, {time.monotonic() - t0:.0f} s]",
                    flush=True,
                )
                ordered = {
                    k: rows[k]
                    for k in sorted(rows, key=lambda k: (order.index(k[0]), k[1]))
                }
                (HERE / "results" / f"{out}.json").write_text(
                    json.dumps(
                        {f"{k[0]}|{k[1]}": v for k, v in ordered.items()}, indent=1
                    )
                )
    ordered = {
        k: rows[k] for k in sorted(rows, key=lambda k: (order.index(k[0]), k[1]))
    }
    text = storm_table(ordered) if storm else fanout_table(ordered)
    (HERE / "results" / f"{out}.md").write_text(text)
    print(text)


main()
