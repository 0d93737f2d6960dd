"""Do ungil's verdicts agree with what pip itself would choose?

    python scripts/agree_with_pip.py [--target 3.14t] [REQUIREMENT ...]

For each requirement and platform, current pip is asked for its choice
(`pip install --dry-run --ignore-installed --no-deps --only-binary :all:
--python-version … --abi …`) and ungil for its own (`ungil check
--only-binary --format json`). Prints a line for each disagreement and a
count; exits with 1 if there is any. Needs a package index and a pip from 25.3
on: older ones accept `abi3` wheels for `cp314t`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from ungil.target import Target, parse_platform, parse_python

REQUIREMENTS = (
    "requests",
    "charset-normalizer==3.4.0",
    "charset-normalizer",
    "numpy",
    "numpy==1.26.4",
    "pandas",
    "lxml==5.3.0",
    "lxml",
    "apsw",
    "markupsafe",
    "orjson==3.13.0",
    "orjson",
    "faiss-cpu",
    "psycopg",
    "psycopg-binary",
    "psycopg2-binary",
    "pillow",
    "pillow==10.4.0",
    "django",
    "celery",
    "redis",
    "ruff",
    "cryptography",
    "cryptography==43.0.3",
    "cffi==1.17.1",
    "cffi",
    "pydantic-core",
    "pyyaml==6.0.2",
    "pyyaml",
    "sqlalchemy==2.0.36",
    "sqlalchemy",
    "greenlet",
    "docopt",
    "uvloop",
    "httptools",
    "tornado",
    "gevent",
    "protobuf",
    "grpcio",
    "scipy",
    "scikit-learn",
    "pyarrow",
    "matplotlib",
    "polars",
    "msgspec",
    "ujson",
    "lz4",
    "zstandard",
    "psutil",
    "aiohttp",
)
PLATFORMS = ("linux", "macos", "windows")


def pip_choice(requirement: str, target: Target) -> str | None:
    """The wheel pip would take, None if it finds none."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            *(sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"),
            *("--no-deps", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"),
            *("--python-version", target.python.number, "--implementation", "cp"),
            *("--abi", target.python.abi, "--target", folder, "--report", "-"),
            *(f"--platform={tag}" for tag in target.platform.tags),
            requirement,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    if done.returncode:
        if "No matching distribution" not in done.stderr:
            sys.exit(f"pip failed on {requirement}: {done.stderr.strip()}")
        return None
    url: str = json.loads(done.stdout)["install"][0]["download_info"]["url"]
    return url.rsplit("/", 1)[-1]


def ungil_choice(requirement: str, target: Target) -> str | None:
    """The wheel ungil says would be installed, None if none."""
    command = [
        *(sys.executable, "-m", "ungil", "check", requirement, "--only-binary"),
        *("--target", str(target.python), "--platform", str(target.platform)),
        *("--format", "json"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
    if not done.stdout:
        sys.exit(f"ungil failed on {requirement}: {done.stderr.strip()}")
    name = requirement.partition("==")[0]
    rows = [r for r in json.loads(done.stdout)["distributions"] if r["name"] == name]
    return rows[0]["file"] if rows and rows[0]["installs"] else None


def main() -> int:
    """Compare and count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("requirements", nargs="*", default=REQUIREMENTS)
    parser.add_argument("--target", default="3.14t")
    options = parser.parse_args()
    asked = [
        (requirement, Target(parse_python(options.target), parse_platform(platform)))
        for platform in PLATFORMS
        for requirement in options.requirements
    ]
    with ThreadPoolExecutor(2) as pool:
        theirs = pool.map(lambda pair: pip_choice(*pair), asked)
        ours = pool.map(lambda pair: ungil_choice(*pair), asked)
        wrong = 0
        for (requirement, target), pip, ungil in zip(asked, theirs, ours, strict=True):
            if pip != ungil:
                wrong += 1
                print(f"{requirement} on {target}: pip {pip}, ungil {ungil}")
    print(f"{len(asked) - wrong} of {len(asked)} agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
