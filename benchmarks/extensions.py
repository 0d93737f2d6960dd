"""Reading the GIL declarations of extension modules, against importing them.

    python benchmarks/extensions.py [--sample 100] [--rounds 3]

SciPy, pandas, scikit-learn and PyArrow are installed into a virtual environment
of a free-threaded interpreter, or of this one if none is on PATH. Then, by turns,

    read    all their compiled modules are read, in one process on one core;
    import  a random sample of them is imported, as users do it, with what they
            import in turn, each in a process of its own, one after the other;
    create  the same are created by `importlib.util.module_from_spec` alone, which
            runs none of their code behind `PyInit_*`: the least that shows what
            one module does.

Nothing less than a process of its own shows what one module does: once the GIL
is on, it stays on. All start with an interpreter's start. CPU is user and
system time; each line is the median of the rounds. MB are those of the files,
of which reading touches a part; all are in the page cache. The ratios are those
of the CPU times for one module: above 1 reading is faster. Needs a POSIX system.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import Cost, measure

from ungil.extensions import read

PACKAGES = ("scipy", "pandas", "scikit-learn", "pyarrow")
PYTHONS = ("python3.14t", "python3.15t", "python3.13t")
SEED = 703

_READ = """
import sys
from pathlib import Path
try:
    from ungil.extensions import read
    for path in sorted(Path(sys.argv[1]).rglob("*.so")):
        read(path)
except Exception:
    sys.exit(2)  # `measure` takes 1 for an answer
"""
_IMPORT = "import importlib, sys; importlib.import_module(sys.argv[1])"
_CREATE = """
import importlib.util, sys
sys.path.insert(0, sys.argv[1])
spec = importlib.util.spec_from_file_location(*sys.argv[2:])
importlib.util.module_from_spec(spec)
"""


def install(folder: Path) -> tuple[str, Path]:
    """Make the environment; returns its interpreter and its site-packages."""
    base = next(filter(None, map(shutil.which, PYTHONS)), sys.executable)
    subprocess.run([base, "-m", "venv", str(folder)], check=True)
    interpreter = str(folder / "bin" / "python")
    pip = [interpreter, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", *PACKAGES]
    subprocess.run(pip, check=True)
    about = "import sys, sysconfig; print(sys.version); print(sysconfig.get_path('platlib'))"
    version, site = subprocess.check_output([interpreter, "-c", about], text=True).splitlines()
    print(f"{', '.join(PACKAGES)} for {version}")
    return interpreter, Path(site)


def commands(
    interpreter: str, site: Path, modules: list[tuple[str, Path]]
) -> dict[str, list[list[str]]]:
    """What imports and what creates these modules; without those that fail, which are told."""
    found: dict[str, list[list[str]]] = {"import": [], "create": []}
    for name, path in modules:
        dotted = ".".join((*path.relative_to(site).parent.parts, name))
        importing = [interpreter, "-c", _IMPORT, dotted]
        creating = [interpreter, "-c", _CREATE, str(site), dotted, str(path)]
        for command in (importing, creating):
            done = subprocess.run(command, capture_output=True, check=False)
            if done.returncode:
                reason = done.stderr.decode().strip().rpartition("\n")[2]
                print(f"left out, since it cannot be imported alone: {dotted}: {reason}")
                break
        else:
            found["import"].append(importing)
            found["create"].append(creating)
    return found


def median(costs: list[Cost], field: str) -> float:
    """Of one quantity."""
    values: list[float] = [getattr(cost, field) for cost in costs]
    return statistics.median(values)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sample", type=int, default=100, help="modules to import; 0 for all")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        interpreter, site = install(Path(folder))
        files = sorted(site.rglob("*.so"))
        modules = [(module.name, path) for path in files for module in read(path)]
        size = sum(path.stat().st_size for path in files) / 1e6
        print(f"{len(modules)} modules in {len(files)} files, {size:.0f} MB")
        count = min(options.sample or len(modules), len(modules))
        chosen = random.Random(SEED).sample(modules, count)
        arms = commands(interpreter, site, chosen)
        costs: dict[str, list[Cost]] = {"read": [], "import": [], "create": []}
        for _ in range(options.rounds):
            costs["read"].append(measure([sys.executable, "-c", _READ, str(site)]))
            for arm, its in arms.items():
                each = [measure(command) for command in its]
                cpu, wall = (sum(getattr(c, field) for c in each) for field in ("cpu", "wall"))
                costs[arm].append(Cost(cpu, wall, max(c.memory for c in each)))
    print(f"{'':8}{'modules':>8}{'CPU s':>8}{'wall s':>8}{'CPU ms each':>13}{'MB':>7}{'MB/s':>7}")
    counts = {"read": len(modules), "import": len(arms["import"]), "create": len(arms["create"])}
    for arm, of in counts.items():
        cpu, wall, memory = (median(costs[arm], field) for field in ("cpu", "wall", "memory"))
        speed = f"{size / cpu:7.0f}" if arm == "read" else ""
        print(f"{arm:8}{of:8}{cpu:8.2f}{wall:8.2f}{cpu / of * 1000:13.1f}{memory:7.0f}{speed}")
    for arm in arms:
        ratio = statistics.median(
            (other.cpu / counts[arm]) / (reading.cpu / counts["read"])
            for other, reading in zip(costs[arm], costs["read"], strict=True)
        )
        print(f"{arm} against read, CPU for one module: {ratio:.1f}")


if __name__ == "__main__":
    main()
