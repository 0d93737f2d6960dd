"""Programs that a free-threaded interpreter runs, with modules compiled for it."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from native import NOT_USED, Compiler, multi_phase, single_phase

SOURCES = Path(__file__).parents[1] / "src"
ONE = "{Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},"
MANY = "{Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},"


@dataclass
class Programs:
    """One interpreter, and a folder with modules `good`, `bad`, `old` and others.

    `good` keeps the GIL off. `bad` says nothing, so it switches the GIL on, and
    so does `old`, which has single-phase initialisation; `many` can be imported
    by sub-interpreters, and switches on theirs. `outer` has single-phase
    initialisation, in which it imports `bad`.
    """

    python: Path
    folder: Path

    @classmethod
    def compiled(cls, python: Path, folder: Path) -> "Programs":
        compiler = Compiler(python, folder)
        compiler.build(multi_phase(NOT_USED, name="good"), "good")
        compiler.build(multi_phase(ONE, name="bad"), "bad")
        compiler.build(multi_phase(MANY, name="many"), "many")
        compiler.build(single_phase(name="old"), "old")
        compiler.build(multi_phase(ONE, name="inner"), "pkg.inner")
        (folder / "pkg" / "__init__.py").write_text("")
        outer = (
            "PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED);"
            'if (!PyImport_ImportModule("bad")) return NULL'
        )
        compiler.build(single_phase(outer, name="outer"), "outer")
        slow = "Py_BEGIN_ALLOW_THREADS usleep(300000); Py_END_ALLOW_THREADS"
        compiler.build(multi_phase(NOT_USED, slow, name="slow"), "slow")
        return cls(python, folder)

    def run(self, code: str, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run code as the script `program.py`, from the folder."""
        script = self.folder / "program.py"
        script.write_text(code)
        return self.start([*options, script.name], **variables)

    def start(
        self, arguments: list[str], *, path: Path = SOURCES, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        environment["PYTHONPYCACHEPREFIX"] = str(self.folder / "bytecode")
        return subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env={**environment, "PYTHONPATH": str(path), **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
