"""The reference workloads: each does what it says, in every arm, and notices if it does not."""

import json
import sys
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ungil.bench.reference import names, reference
from ungil.cli import main

SMALL = {
    "extension-heavy": {"kilobytes": 3, "blocks": 4},
    "fibonacci": {"number": 9, "times": 4},
    "file-io": {"lines": 5, "files": 4},
    "fine-grained": {"tasks": 20},
    "json": {"orders": 6, "documents": 4},
    "matmul": {"size": 9, "pieces": 4},
    "numpy-matmul": {"size": 8, "products": 4},
    "pipeline": {"records": 200, "parts": 4},
    "primes": {"limit": 300, "pieces": 4},
    "shared-counter": {"additions": 7, "pieces": 4},
    "single-thread": {"steps": 50},
    "sum-squares": {"limit": 300, "pieces": 4},
    "text": {"paragraphs": 2, "parts": 4},
    "training": {"models": 3, "examples": 200, "epochs": 4},
    "web-requests": {"requests": 4, "milliseconds": 1},
}
"""All parameters of each, as small as they can be."""

OF_SIZE = {
    "fibonacci": "number",
    "file-io": "lines",
    "fine-grained": "tasks",
    "json": "orders",
    "matmul": "size",
    "pipeline": "records",
    "primes": "limit",
    "shared-counter": "additions",
    "single-thread": "steps",
    "sum-squares": "limit",
    "text": "paragraphs",
}
"""What makes them larger; of those that any size is good for."""

every_workload = pytest.mark.parametrize("name", names())


class Workload:
    def __init__(self, name, parameters):
        self.task = reference(name, parameters=parameters)
        self.function = self._named(self.task.function)

    def _named(self, reference):
        module, _, name = reference.partition(":")
        return getattr(import_module(module), name)

    def results(self):
        items = self._named(self.task.items)(**self.task.parameters)
        return [self.function(item) for item in items]

    def accepts(self, results):
        return self._named(self.task.check)(results, **self.task.parameters)


def loaded(name, parameters=None):
    if name == "numpy-matmul":
        pytest.importorskip("numpy")
    return Workload(name, {**SMALL[name], **(parameters or {})})


def altered(result):
    """Another result of the same type."""
    if isinstance(result, dict):
        return {**result, "another": 1}
    if isinstance(result, str):
        return json.dumps({**json.loads(result), "cents": -1})
    if isinstance(result, list):
        return [altered(result[0]), *result[1:]]
    if isinstance(result, tuple):
        return (*result[:-1], altered(result[-1]) if not isinstance(result[-1], str) else "0")
    return result + 1 if isinstance(result, int) else -result


def test_all_of_them_are_tried():
    assert set(SMALL) == set(names())


@every_workload
def test_its_check_takes_the_right_results_and_no_others(name):
    workload = loaded(name)
    results = workload.results()
    assert workload.accepts(results)
    assert not workload.accepts(results[:-1])
    if name == "training":
        # Models that are nearly the same are as good.
        assert not workload.accepts([[-weight for weight in results[0]], *results[1:]])
    else:
        assert not workload.accepts([altered(results[0]), *results[1:]])


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(sorted(OF_SIZE)), size=st.integers(1, 24))
def test_any_size_is_checked_rightly(name, size):
    workload = loaded(name, {OF_SIZE[name]: size})
    assert workload.accepts(workload.results())


@every_workload
def test_quick_is_smaller(name):
    whole, quick = (reference(name, quick=quick, parameters={}) for quick in (False, True))
    assert set(whole.parameters) == set(SMALL[name])
    assert all(quick.parameters[key] <= value for key, value in whole.parameters.items())
    assert quick.parameters != whole.parameters


@every_workload
def test_every_arm_runs_it_unchanged(name, capsys, monkeypatch, tmp_path):
    if name == "numpy-matmul":
        pytest.importorskip("numpy")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    parameters = [f"--set={key}={value}" for key, value in SMALL[name].items()]
    how = [f"--python={sys.executable}", "--rounds=1", "--workers=2"]
    assert main(["bench", name, *parameters, *how]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "Not measured" not in captured.out
    assert "UG501" not in captured.out
    assert ("it is no coroutine function" in captured.out) == (name != "web-requests")
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_installed_is_said(capsys, monkeypatch, tmp_path):
    Path(tmp_path, "numpy.py").write_text("raise ModuleNotFoundError('none of NumPy')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert main(["bench", "numpy-matmul", f"--python={sys.executable}", "--rounds=1"]) == 2
    assert capsys.readouterr().err == (
        "ungil: nothing could be measured: "
        "its items cannot be had: ModuleNotFoundError: none of NumPy\n"
    )


def test_they_are_listed_with_what_they_measure(capsys):
    assert main(["bench", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == names()
    assert all(line.endswith(".") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["prims"], "there is no workload 'prims'; did you mean 'primes'?"),
        (["primes", "--set=size=3"], "primes has no parameter 'size'; it has limit, pieces"),
        (["--quick", "run", "x:y"], "'run' comes first: ungil bench run …"),
    ],
)
def test_what_is_not_there(arguments, said, capsys):
    assert main(["bench", *arguments, f"--python={sys.executable}"]) == 2
    assert capsys.readouterr().err == f"ungil: {said}\n"


def test_parameters_that_make_no_sense(capsys):
    how = [f"--python={sys.executable}", "--rounds=1", "--arms=threads"]
    assert main(["bench", "primes", "--set=pieces=0", *how]) == 2
    assert capsys.readouterr().err == (
        "ungil: nothing could be measured: "
        "its items cannot be had: ZeroDivisionError: integer division or modulo by zero\n"
    )
