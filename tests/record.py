"""Record what the configured package index says, for the tests.

    python tests/record.py [--history] [NAME...]

A recording is `recorded/<name>.json.gz`, a JSON object of

- `recorded`: the day;
- `trimmed`: what was left out, in words;
- `page`: the project's page (PEP 691), its hosts replaced by `index.example`
  and `files.example`;
- `metadata`: by version the `file` that was asked and the `text` of its
  METADATA or PKG-INFO, of which only `FIELDS` are kept.

With `--history` it is `recorded/history/<name>.json.gz`, for what follows packages over
time: all releases since `SINCE`, but without what takes the most room, hashes and paths,
and with the metadata of one version only.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from loopback import RECORDED
from ungil.index import File, IndexSettings, PackageIndex, PackageIndexError, Project
from ungil.index.addresses import simple_page
from ungil.index.metadata import read_sdist, read_wheel
from ungil.index.names import normalise
from ungil.index.pages import ACCEPT
from ungil.index.ranged import RemoteFile

SINCE = "2024-05-01"  # just before the first free-threaded beta, 3.13.0b1
VERSIONS = 3  # whose metadata is recorded

# Many large releases, so that two years of them would fill the repository.
SINCE_OF = dict.fromkeys(
    (
        "charset-normalizer",
        "cython",
        "grpcio",
        "orjson",
        "psycopg-binary",
        "pydantic-core",
        "ruff",
        "sqlalchemy",
    ),
    "2026-03-01",
)

# What the published tracker has shown, chosen for all its regressions, its pure
# fallbacks, gains, entries and exits; and two more, which are on a list of eleven.
HISTORY = """
    jaxlib confluent-kafka greenlet av rignore tensorstore faiss-cpu google-crc32c lmdb pyarrow
    backports-zstd pyobjc-core charset-normalizer protobuf sqlalchemy mypy fonttools tomli
    websockets simplejson chardet cbor2 dulwich mysql-connector-python py-rust-stemmers numpy scipy
    pandas scikit-learn matplotlib cython pillow pyyaml cryptography cffi markupsafe pydantic-core
    lxml aiohttp orjson imagecodecs boost-histogram pglast pybind11 maturin
"""

FIELDS = (
    "Metadata-Version",
    "Name",
    "Version",
    "Requires-Python",
    "Requires-Dist",
    "Provides-Extra",
    "Classifier",
    "Dynamic",
)

DEFAULT = """
    apsw celery certifi cffi charset-normalizer click cryptography django docopt faiss-cpu gevent
    greenlet grpcio httptools idna jinja2 kombu lxml markupsafe numpy orjson pandas pillow protobuf
    psycopg psycopg-binary psycopg2-binary pycparser pydantic pydantic-core python-dateutil pytz
    pyyaml redis requests ruff six sqlalchemy tornado tzdata urllib3 uvicorn uvloop amqp billiard
    vine asgiref sqlparse annotated-types typing-extensions typing-inspection h11 zope-event
    zope-interface click-didyoumean click-plugins click-repl prompt-toolkit wcwidth cython
"""


def main(names: list[str]) -> int:
    """Record each; returns how many could not be."""
    failed = 0
    history = "--history" in names
    folder = RECORDED / "history" if history else RECORDED
    names = [name for name in names if name != "--history"] or (
        HISTORY if history else DEFAULT
    ).split()
    settings = IndexSettings.from_environment()
    # Only the first index: what is installed here beside it is nobody's truth.
    settings = IndexSettings(
        settings.index_urls[:1],
        settings.cache_dir,
        refresh=True,
        ca_bundle=settings.ca_bundle,
        timeout=settings.timeout,
    )
    with PackageIndex(settings) as index:
        for name in map(normalise, names):
            try:
                record = _history(index, name) if history else _record(index, name)
            except PackageIndexError as error:
                print(error, file=sys.stderr)
                failed += 1
                continue
            path = folder / f"{name}.json.gz"
            path.parent.mkdir(exist_ok=True)
            text = json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
            path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
            print(f"{path.stat().st_size:9,} {path.name}")
    return failed


def _page(index: PackageIndex, name: str) -> dict[str, Any]:
    url = simple_page(index.settings.index_urls[0], name)
    answer = index._transport.get(url, f"the page of {name}", headers={"Accept": ACCEPT})
    page: dict[str, Any] = json.loads(answer.body)
    return page


def _history(index: PackageIndex, name: str) -> dict[str, Any]:
    project = index.project(name)
    page = _page(index, name)
    uploads = {f["filename"]: f["upload-time"] for f in page["files"]}
    first = {r.version: min(uploads[f.name] for f in r.files) for r in project.releases}
    final = [r.version for r in project.releases if not r.is_prerelease]
    before = [version for version in final if first[version] < SINCE][:VERSIONS]
    kept = {v for v, when in first.items() if when >= SINCE} | {*before, *final[:1]}
    wanted = {f.name for r in project.releases if r.version in kept for f in r.files}
    page["files"] = [
        {
            "filename": entry["filename"],
            "url": f"https://files.example/{entry['filename']}",
            "hashes": {},
            "size": entry["size"],
            "upload-time": entry["upload-time"][:19] + "Z",
            "yanked": entry["yanked"],
            "requires-python": entry.get("requires-python"),
        }
        for entry in page["files"]
        if entry["filename"] in wanted
    ]
    page["versions"] = sorted(kept)
    return {
        "recorded": datetime.now(UTC).date().isoformat(),
        "trimmed": f"Releases before {SINCE} but for {VERSIONS}; hashes, paths of files, "
        f"provenance, metadata of files, and all metadata but that of one version, of which "
        f"only {', '.join(FIELDS)}.",
        "page": page,
        "metadata": {version: _metadata(index, project, version) for version in final[:1]},
    }


def _record(index: PackageIndex, name: str) -> dict[str, Any]:
    project = index.project(name)
    newest = [r.version for r in project.releases if not r.is_prerelease][:VERSIONS]
    kept = {f.name for v in newest for f in project.by_version[v].files}
    page = _page(index, name)
    since = SINCE_OF.get(name, SINCE)
    page["files"] = [
        {**entry, "url": f"https://files.example{urlsplit(entry['url']).path}"}
        for entry in page["files"]
        if entry["upload-time"] >= since or entry["filename"] in kept
    ]
    for entry in page["files"]:
        entry.pop("provenance", None)
    return {
        "recorded": datetime.now(UTC).date().isoformat(),
        "trimmed": f"Files uploaded before {since} that do not belong to the newest {VERSIONS} "
        f"final releases; provenance; fields of metadata besides {', '.join(FIELDS)}.",
        "page": page,
        "metadata": {v: _metadata(index, project, v) for v in newest},
    }


def _metadata(index: PackageIndex, project: Project, version: str) -> dict[str, str]:
    files = project.by_version[version].files
    file = next((f for f in files if f.is_wheel), files[0])
    text = _text(index, project.name, file).replace(b"\r\n", b"\n")
    headers = re.split("\n(?![ \t])", text.partition(b"\n\n")[0].decode())
    kept = [line for line in headers if line.partition(":")[0] in FIELDS]
    return {"file": file.name, "text": "\n".join(kept) + "\n"}


def _text(index: PackageIndex, name: str, file: File) -> bytes:
    what = f"the metadata of {file.name}"
    if file.is_wheel:
        with RemoteFile(index._transport, file.url, what, file.size) as remote:
            return read_wheel(remote, name)
    with index._transport.open(file.url, what) as stream:
        return read_sdist(io.BytesIO(b"".join(stream.chunks(64 << 20))), file.name)


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
