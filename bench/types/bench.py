"""Types for the developer: `tsc` and the editor on a generated router and on a router in TypeScript.

    .venv/bin/python bench/types/bench.py [--sizes 100 500 2000] [--runs 3] [--compilers 7 5.9]

Every size is measured for both routers by both compilers in one run, alternating; the table shows
medians. "check" is the compiler's own check time, hover and completion follow an edit of the file
that uses the router. Goals at 2000: check 20x (TypeScript 7) and 5x (5.9), hover 30x, generation
under 3 s; generating again on a save with 500 procedures under 1 s of CPU. Generation is CPU time, so that
a busy machine does not change it much.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "bench/types")]

from editors import measure_editor
from routers import client, python_router, typescript_router

COMPILERS = {
    "7": REPOSITORY / "node_modules/typescript/bin/tsc",
    "5.9": REPOSITORY / "node_modules/typescript-5/bin/tsc",
}
CONFIG: Mapping[str, object] = {
    "target": "ES2022",
    "lib": ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable"],
    "module": "esnext",
    "moduleResolution": "bundler",
    "strict": True,
    "skipLibCheck": True,
    "noEmit": True,
    "types": [],
}
GENERATE = """
import sys, time
started = time.process_time()
import bench_router
from fairlead.compiling import compile_router
compile_router(bench_router.App)
loaded = time.process_time()
from fairlead.codegen import generate
imported = time.process_time()
generate(bench_router.App, sys.argv[1])
print(time.process_time() - imported, loaded - started)
"""


def prepare(folder: Path, count: int) -> dict[str, float]:
    """Writes both variants; returns the seconds that generation took."""
    (folder / "bench_router.py").write_text(python_router(count))
    generated, source = folder / "generated", folder / "source"
    for variant in (generated, source):
        variant.mkdir()
        (variant / "node_modules").symlink_to(REPOSITORY / "node_modules")
        config = {"compilerOptions": CONFIG, "include": ["use.ts"]}
        (variant / "tsconfig.json").write_text(json.dumps(config))
    command = [sys.executable, "-c", GENERATE, str(generated / "shared")]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True
    )
    taken, loading = map(float, done.stdout.split())
    (generated / "use.ts").write_text(client(count, "./shared/router.js"))
    (source / "router.ts").write_text(typescript_router(count))
    (source / "use.ts").write_text(client(count, "./router"))
    return {"generate": taken, "import_and_compile": loading}


def compile_once(folder: Path, compiler: str) -> dict[str, float]:
    heap = ["--max-old-space-size=8192"] if compiler == "5.9" else []
    command = [
        "node",
        *heap,
        str(COMPILERS[compiler]),
        "-p",
        ".",
        "--extendedDiagnostics",
    ]
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    wall = time.perf_counter() - started
    if done.returncode != 0:
        raise SystemExit(f"tsc {compiler} in {folder.name}: {done.stdout[:2000]}")
    check = re.search(r"Check time:\s+([\d.]+)s", done.stdout)
    memory = re.search(r"Memory used:\s+([\d]+)K", done.stdout)
    types = re.search(r"Instantiations:\s+(\d+)", done.stdout)
    return {
        "wall": wall,
        "check": float(check[1]) if check else 0.0,
        "memory_mb": int(memory[1]) / 1024 if memory else 0.0,
        "instantiations": float(types[1]) if types else 0.0,
    }


def check_that_mistakes_show(folder: Path) -> None:
    """A router whose types were lost would check fastest of all."""
    use = folder / "use.ts"
    text = use.read_text()
    use.write_text(text + "\nexport const wrong: number = a0;\n")
    command = ["node", str(COMPILERS["7"]), "-p", "."]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    use.write_text(text)
    if "TS2322" not in done.stdout:
        raise SystemExit(f"{folder.name}: the router has no types: {done.stdout[:500]}")


def median(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def measure(count: int, runs: int, compilers: list[str]) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        result: dict[str, object] = {"procedures": count, **prepare(folder, count)}
        check_that_mistakes_show(folder / "generated")
        for compiler in compilers:
            found: dict[str, list[dict[str, float]]] = {"generated": [], "source": []}
            for _ in range(runs):
                for variant, measured in found.items():
                    measured.append(compile_once(folder / variant, compiler))
            medians = {variant: median(measured) for variant, measured in found.items()}
            for variant in found:
                medians[variant] |= measure_editor(folder / variant, compiler)
            result[compiler] = medians
            show(count, compiler, medians)
        print(
            f"{count:>6}  generation {result['generate']:.2f} s of CPU, after importing and "
            f"compiling the application in {result['import_and_compile']:.2f} s",
            flush=True,
        )
        return result


def show(count: int, compiler: str, medians: Mapping[str, Mapping[str, float]]) -> None:
    ours, theirs = medians["generated"], medians["source"]
    for name in ("wall", "check", "completion", "hover"):
        ratio = theirs[name] / ours[name] if ours[name] else float("inf")
        print(
            f"{count:>6}  TS {compiler:<4}{name:<11}"
            f"generated {ours[name]:8.3f} s   source {theirs[name]:8.3f} s   {ratio:6.1f}x",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 500, 2000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--compilers", nargs="+", default=list(COMPILERS))
    arguments = parser.parse_args()
    results = [
        measure(count, arguments.runs, arguments.compilers) for count in arguments.sizes
    ]
    folder = Path(__file__).parent / "results"
    folder.mkdir(exist_ok=True)
    (folder / "types.json").write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
