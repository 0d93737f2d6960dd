"""`ungil bench advise` as a person calls it; what is concluded depends on the machine."""

import json
import sys

import pytest

from ungil.cli import main


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The report on a workload that is much too small."""
    output = tmp_path_factory.mktemp("advise") / "report"

    def of(form):
        options = {"--set": "limit=2000", "--arms": "threads", "--workers": "2", "--rounds": "1"}
        given = [word for pair in options.items() for word in pair]
        where = ["--python", sys.executable, "--format", form, "--output", str(output)]
        assert main(["bench", "advise", "primes", *given, *where]) == 0
        return output.read_text("utf-8")

    return of


def test_the_advice_is_in_the_report(tiny):
    (result,) = json.loads(tiny("json"))["results"]
    advice = result["advice"]
    assert advice["choice"] in {"serial", "unknown"}
    assert advice["cell"] is None
    assert advice["answer"].startswith(("stay serial: ", "could not be concluded: "))
    assert any("in serial on" in one for one in advice["reasons"])
    assert any("an item takes" in one for one in advice["reasons"])


def test_the_advice_is_for_people(tiny):
    text = tiny("terminal")
    assert "Advice" in text
    assert "because in serial on" in text


def test_a_function_of_the_users(tmp_path, monkeypatch, capsys):
    (tmp_path / "shop.py").write_text("orders = range(3)\n\ndef price(order): return order\n")
    monkeypatch.chdir(tmp_path)
    options = ["--items", "shop:orders", "--arms", "threads", "--workers", "2", "--rounds", "1"]
    assert main(["bench", "advise", "shop:price", *options, "--python", sys.executable]) == 0
    text = capsys.readouterr().out
    assert "shop:price" in text
    assert "for 3 items, in 1 round" in text


def test_a_workload_that_is_not_there(capsys):
    assert main(["bench", "advise", "prime"]) == 2
    assert "did you mean 'primes'?" in capsys.readouterr().err
