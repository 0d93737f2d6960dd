"""What a machine tells of itself, and what it gives."""

import os

import pytest
from bench_made import machine as made_machine

from ungil.bench.machine import machine
from ungil.bench.model import Machine
from ungil.bench.rounds import worker_counts
from ungil.bench.words import described
from ungil.bench.yardstick import yardsticks

ALLOWED = machine().affinity or os.cpu_count()


def tree(root, files):
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


SECOND = {
    "proc/self/cgroup": "0::/a.slice/b.scope\n",
    "sys/fs/cgroup/cgroup.controllers": "cpu cpuset memory\n",
}
FIRST = {
    "proc/self/cgroup": "5:memory:/docker/f00\n3:cpuset:/docker/f00\n2:cpu,cpuacct:/docker/f00\n",
}


def test_a_machine_that_tells_nothing_is_unknown_and_not_wrong(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "getloadavg", raising=False)
    monkeypatch.delattr(os, "sysconf", raising=False)
    monkeypatch.delenv("container", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    found = machine(tmp_path)
    assert (found.cgroup, found.cpuset, found.governor, found.container) == ("", "", "", "")
    assert (found.quota, found.turbo, found.load, found.memory) == (None, None, (), None)
    assert found.usable == ALLOWED
    told = dict(described(found))
    for label in ("share of time", "control group", "governor", "turbo", "load", "memory"):
        assert told[label] == "unknown"


def test_everything_unknown_is_shown_as_that():
    told = dict(described(Machine()))
    assert told["processors"] == "one of unknown may be used"
    assert told["processor"] == "unknown"
    assert told["affinity"] == "unknown"


def test_half_a_core_is_half_a_core(tmp_path):
    tree(tmp_path, {**SECOND, "sys/fs/cgroup/a.slice/b.scope/cpu.max": "50000 100000\n"})
    found = machine(tmp_path)
    assert (found.cgroup, found.quota, found.usable) == ("v2", 0.5, 0.5)
    assert dict(described(found))["share of time"] == "0.5 processors"


def test_the_smallest_share_of_all_groups_around_counts(tmp_path):
    shares = {
        "sys/fs/cgroup/a.slice/b.scope/cpu.max": "max 100000\n",
        "sys/fs/cgroup/a.slice/cpu.max": "25000 100000\n",
        "sys/fs/cgroup/cpu.max": "400000 100000\n",
    }
    assert machine(tree(tmp_path, {**SECOND, **shares})).usable == 0.25


def test_a_share_of_more_than_the_processors_is_no_limit(tmp_path):
    tree(tmp_path, {**SECOND, "sys/fs/cgroup/a.slice/cpu.max": "100000000 100000\n"})
    found = machine(tmp_path)
    assert found.quota == 1000.0
    assert found.usable == ALLOWED


@pytest.mark.parametrize("folder", ["sys/fs/cgroup/cpu,cpuacct", "sys/fs/cgroup/cpu"])
def test_the_first_version_of_control_groups_has_shares_as_well(tmp_path, folder):
    # Inside a container its own group is the root of the mount.
    shares = {
        f"{folder}/cpu.cfs_quota_us": "75000\n",
        f"{folder}/cpu.cfs_period_us": "50000\n",
        "sys/fs/cgroup/memory/docker/f00/memory.limit_in_bytes": "1048576\n",
        "sys/fs/cgroup/cpuset/cpuset.cpus": "0-3,7\n",
    }
    found = machine(tree(tmp_path, {**FIRST, **shares}))
    assert (found.cgroup, found.quota, found.cpuset) == ("v1", 1.5, "0-3,7")
    assert found.memory == 1 << 20


def test_the_first_version_says_minus_one_for_no_share_and_much_for_no_limit(tmp_path):
    shares = {
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    }
    found = machine(tree(tmp_path, {**FIRST, **shares}))
    assert found.quota is None
    assert found.memory is None or found.memory < 1 << 60
    assert dict(described(found))["share of time"] == "none"


def test_the_limit_of_memory_is_what_a_group_has(tmp_path):
    limits = {
        "sys/fs/cgroup/a.slice/b.scope/memory.max": "max\n",
        "sys/fs/cgroup/a.slice/memory.max": "1048576\n",
        "sys/fs/cgroup/a.slice/b.scope/cpuset.cpus.effective": "2\n",
    }
    found = machine(tree(tmp_path, {**SECOND, **limits}))
    assert (found.memory, found.cpuset) == (1 << 20, "2")


def test_a_group_outside_of_this_namespace_is_not_looked_for(tmp_path):
    tree(tmp_path / "outside", {"cpu.max": "10000 100000\n"})
    root = tree(
        tmp_path / "root",
        {
            **SECOND,
            "proc/self/cgroup": "0::/../../../../outside\n",
            "sys/fs/cgroup/cpu.max": "max\n",
        },
    )
    assert machine(root).quota is None


@pytest.mark.parametrize("nonsense", ["", "x y z", "0 0", "100000 0", "\x00\xff", "٣ ٣"])
def test_nonsense_is_not_known(tmp_path, nonsense):
    tree(tmp_path, {**SECOND, "sys/fs/cgroup/cpu.max": nonsense, "proc/cpuinfo": nonsense})
    assert machine(tmp_path).usable > 0


def test_the_processor_and_its_clock(tmp_path):
    cpu = "sys/devices/system/cpu"
    first = min(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    files = {
        "proc/cpuinfo": "processor\t: 0\nmodel name\t: Fast 9000 @ 3: GHz\n",
        f"{cpu}/cpu{first}/cpufreq/scaling_governor": "powersave\n",
        f"{cpu}/intel_pstate/no_turbo": "1\n",
        "run/.containerenv": "",
    }
    found = machine(tree(tmp_path, files))
    assert (found.model, found.governor, found.turbo) == ("Fast 9000 @ 3: GHz", "powersave", False)
    assert machine(tree(tmp_path, {f"{cpu}/intel_pstate/no_turbo": "0\n"})).turbo is True


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_one_processor_of_many_is_one():
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        found = machine()
    finally:
        os.sched_setaffinity(0, before)
    assert found.affinity == 1
    assert found.usable <= 1.0


def test_workers_are_powers_of_two_up_to_the_processors():
    assert worker_counts(1) == (1,)
    assert worker_counts(6) == (1, 2, 4, 6)
    assert made_machine(0.5).usable < 1


def test_the_yardstick_is_taken_once_each_time_for_each_number():
    with yardsticks([2]) as taking:
        taking.take()
        taking.take()
        taken = list(taking.taken.values())
    assert [one.workers for one in taken] == [1, 2]
    for one in taken:
        assert len(one.busy) == len(one.rate) == 2
        assert min(one.rate) > 0
        # Of a clock of its own each process cannot have had more than one processor.
        assert max(one.busy) <= one.workers * 1.1
