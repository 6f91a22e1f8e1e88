"""What a job may use, read from trees that look like /proc and /sys of many a machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.examiner import machine
from grader.protocol import job_limits
from grader.protocol import limits as process_limits
from grader.protocol.job_limits import (
    Bound,
    JobLimits,
    number_after,
    of_this_job,
    read_limits,
)

MB, GB = 1 << 20, 1 << 30
PROCESSORS = (Bound(64, "the machine"), Bound(16, "the process's affinity"))
MEMINFO = f"MemTotal: {256 * MB} kB\nMemFree: 1 kB\nMemAvailable: {200 * MB} kB\n"
V2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
V1_MEMORY = "35 25 0:30 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n"
V1_CPU = "36 25 0:31 / /sys/fs/cgroup/cpu,cpuacct rw shared:10 - cgroup cgroup rw,cpu,cpuacct\n"
HYBRID = "37 25 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
UNLIMITED_V1 = "9223372036854771712"
JOB = "system.slice/slurmstepd.scope/job_7"
TASK = f"{JOB}/step_0/user/task_0"


def limits(root: Path, files: dict[str, str], **variables: str) -> JobLimits:
    """Write files beneath a root, and read the limits there."""
    for name, text in {"proc/meminfo": MEMINFO, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return read_limits(root, variables, PROCESSORS)


def v2(group: str, mounts: str = V2, **files: str) -> dict[str, str]:
    """The files of a process in a group of version 2; a file's path has ``__`` for each slash."""
    tree = {"proc/self/cgroup": f"0::{group}\n", "proc/self/mountinfo": mounts}
    folders = {f"sys/fs/cgroup{group}/cgroup.procs": ""} if ".." not in group else {}
    return tree | folders | {f"sys/fs/cgroup/{path}": text for path, text in files.items()}


def amounts(found: JobLimits) -> tuple[int, int | None, int | None]:
    """Cores, memory in MB and free memory in MB."""
    memory, free = found.memory, found.free
    return found.cores.amount, memory and memory.amount // MB, free and free.amount // MB


def test_without_groups_it_is_the_machine(tmp_path: Path) -> None:
    found = limits(tmp_path, {})
    assert amounts(found) == (16, 256 * 1024, 200 * 1024)
    assert (found.cores.by, found.free.by if found.free else "") == (
        "the process's affinity",
        "the machine",
    )


def test_nothing_at_all_bounds_no_memory(tmp_path: Path) -> None:
    found = read_limits(tmp_path, {}, PROCESSORS[:1])
    assert found == JobLimits(PROCESSORS[0], None, None)


def test_caches_of_files_are_free(tmp_path: Path) -> None:
    job = {
        f"{JOB}/memory.max": str(8 * GB),
        f"{JOB}/memory.high": "max",
        f"{JOB}/memory.current": str(5 * GB),
        f"{JOB}/memory.stat": f"anon 1\ninactive_file {3 * GB}\nactive_file 5\n",
        f"{JOB}/cpu.max": "400000 100000",
    }
    found = limits(tmp_path, v2(f"/{TASK}", **job))
    assert amounts(found) == (4, 8 * 1024, 6 * 1024)
    assert found.cores.by == f"control group /sys/fs/cgroup/{JOB}"


@pytest.mark.parametrize("tight", ["", "a/", "a/b/"])
def test_the_tightest_level_counts_whichever_it_is(tmp_path: Path, tight: str) -> None:
    files = {f"{level}cpu.max": "800000 100000" for level in ("", "a/", "a/b/")}
    files |= {f"{level}memory.max": str(20 * GB) for level in ("", "a/", "a/b/")}
    files |= {f"{tight}cpu.max": "300000 100000", f"{tight}memory.max": str(3 * GB)}
    assert amounts(limits(tmp_path, v2("/a/b", **files))) == (3, 3 * 1024, 3 * 1024)


def test_more_may_be_free_in_the_smaller_group(tmp_path: Path) -> None:
    files = {
        "a/memory.max": str(10 * GB),
        "a/memory.current": str(9 * GB),
        "a/b/memory.max": str(4 * GB),
        "a/b/memory.current": str(1 * GB),
    }
    found = limits(tmp_path, v2("/a/b", **files))
    assert amounts(found) == (16, 4 * 1024, 1 * 1024)
    assert found.free is not None
    assert found.free.by == "control group /sys/fs/cgroup/a"


def test_where_it_is_slowed_down_is_a_bound_too(tmp_path: Path) -> None:
    files = {"a/memory.max": str(10 * GB), "a/memory.high": str(2 * GB)}
    assert amounts(limits(tmp_path, v2("/a", **files))) == (16, 2 * 1024, 2 * 1024)


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("50000", 1), ("150000", 1), ("200000", 2), ("290000", 2), ("max", 16), ("9900000", 16)],
)
def test_a_part_of_a_core_makes_no_job_but_the_first(
    tmp_path: Path, quota: str, cores: int
) -> None:
    assert amounts(limits(tmp_path, v2("/a", **{"a/cpu.max": f"{quota} 100000"})))[0] == cores


@pytest.mark.parametrize("group", ["/", "/docker/0123", "/../../kubepods/pod7", "/gone (deleted)"])
def test_in_a_container_the_mount_is_the_group(tmp_path: Path, group: str) -> None:
    files = v2("/", **{"cpu.max": "200000 100000", "memory.max": str(2 * GB)})
    files["proc/self/cgroup"] = f"0::{group}\n"
    assert amounts(limits(tmp_path, files)) == (2, 2 * 1024, 2 * 1024)


def test_a_part_of_the_tree_may_be_mounted(tmp_path: Path) -> None:
    mounts = V2.replace(" / /", " /docker/01 /", 1)
    files = {"inner/memory.max": str(GB), "memory.max": str(2 * GB)}
    tree = v2("/inner", mounts, **files) | {"proc/self/cgroup": "0::/docker/01/inner\n"}
    assert amounts(limits(tmp_path, tree)) == (16, 1024, 1024)


def v1(path: str, mounts: str = V1_MEMORY + V1_CPU, more: str = "") -> dict[str, str]:
    """The files of /proc for a process in groups of version 1."""
    members = f"12:pids:/\n9:memory:{path}\n4:cpu,cpuacct:{path}\n1:name=systemd:/\n{more}"
    return {"proc/self/cgroup": members, "proc/self/mountinfo": mounts}


@pytest.mark.parametrize("more", ["", "0::/\n"])
def test_groups_of_the_first_version(tmp_path: Path, more: str) -> None:
    memory, cpu = "sys/fs/cgroup/memory", "sys/fs/cgroup/cpu,cpuacct"
    files = {
        f"{memory}/memory.limit_in_bytes": UNLIMITED_V1,
        f"{memory}/slurm/job_7/memory.limit_in_bytes": str(4 * GB),
        f"{memory}/slurm/job_7/memory.usage_in_bytes": str(3 * GB),
        f"{memory}/slurm/job_7/memory.stat": f"inactive_file 1\ntotal_inactive_file {GB}\n",
        f"{memory}/slurm/job_7/step_0/memory.limit_in_bytes": UNLIMITED_V1,
        f"{cpu}/cpu.cfs_quota_us": "-1",
        f"{cpu}/cpu.cfs_period_us": "100000",
        f"{cpu}/slurm/job_7/step_0/cpu.cfs_quota_us": "350000",
        f"{cpu}/slurm/job_7/step_0/cpu.cfs_period_us": "100000",
        "sys/fs/cgroup/unified/cgroup.procs": "",
    }
    tree = v1("/slurm/job_7/step_0", V1_MEMORY + V1_CPU + HYBRID, more)
    found = limits(tmp_path, tree | files)
    assert amounts(found) == (3, 4 * 1024, 2 * 1024)


def test_no_limit_of_the_first_version_is_none(tmp_path: Path) -> None:
    files = {"sys/fs/cgroup/memory/memory.limit_in_bytes": UNLIMITED_V1}
    found = limits(tmp_path, v1("/docker/0123") | files)
    assert amounts(found) == (16, 256 * 1024, 200 * 1024)
    assert found.memory is not None
    assert found.memory.by == "the machine"


def test_a_folder_with_a_space_is_found(tmp_path: Path) -> None:
    mounts = V2.replace("/sys/fs/cgroup", "/sys/fs/my\\040groups")
    files = v2("/", mounts) | {"sys/fs/my groups/memory.max": str(GB)}
    assert amounts(limits(tmp_path, files))[1] == 1024


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"SLURM_CPUS_PER_TASK": "4", "SLURM_CPUS_ON_NODE": "8"}, (4, 256 * 1024, 200 * 1024)),
        ({"SLURM_CPUS_ON_NODE": "8"}, (8, 256 * 1024, 200 * 1024)),
        ({"SLURM_CPUS_ON_NODE": "128"}, (16, 256 * 1024, 200 * 1024)),
        ({"SLURM_MEM_PER_NODE": "8000"}, (16, 8000, 8000)),
        ({"SLURM_MEM_PER_NODE": "0"}, (16, 256 * 1024, 200 * 1024)),
        ({"SLURM_MEM_PER_CPU": "2000", "SLURM_CPUS_PER_TASK": "3"}, (3, 6000, 6000)),
        ({"SLURM_MEM_PER_CPU": "2000"}, (16, 32_000, 32_000)),
        ({"SLURM_CPUS_PER_TASK": "", "SLURM_MEM_PER_NODE": "8G"}, (16, 256 * 1024, 200 * 1024)),
        ({"SLURM_CPUS_PER_TASK": "0", "SLURM_CPUS_ON_NODE": "-2"}, (16, 256 * 1024, 200 * 1024)),
    ],
)
def test_what_slurm_gave(
    tmp_path: Path, variables: dict[str, str], expected: tuple[int, int, int]
) -> None:
    assert amounts(limits(tmp_path, {}, **variables)) == expected


def test_the_smallest_of_all_counts(tmp_path: Path) -> None:
    files = v2("/a", **{"a/memory.max": str(4 * GB), "a/cpu.max": "600000 100000"})
    found = limits(tmp_path, files, SLURM_CPUS_PER_TASK="2", SLURM_MEM_PER_NODE="8000")
    assert amounts(found) == (2, 4 * 1024, 4 * 1024)
    assert found.cores.by == "SLURM_CPUS_PER_TASK"
    assert found.memory is not None
    assert found.memory.by == "control group /sys/fs/cgroup/a"


TEXTS = st.one_of(
    st.sampled_from(["", "max", "max 100000", "100000", "-1", "0 0", "1 0", "9" * 25, "5 5 5"]),
    st.text(max_size=20),
)


@given(st.lists(TEXTS, min_size=7, max_size=7), st.booleans())
def test_whatever_the_files_say_limits_come_out(texts: list[str], own_mounts: bool) -> None:
    names = ["memory.max", "memory.high", "memory.current", "memory.stat", "cpu.max"]
    files = v2("/a", **{f"a/{name}": text for name, text in zip(names, texts, strict=False)})
    files["proc/self/cgroup"] += texts[5]
    files["proc/self/mountinfo"] = (V2 if own_mounts else "") + texts[6]
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        found = limits(root, {}, SLURM_CPUS_PER_TASK=texts[0], SLURM_MEM_PER_NODE=texts[1])
    cores, memory, free = amounts(found)
    assert 1 <= cores <= 16
    assert memory is not None
    assert 0 <= memory <= 256 * 1024
    assert free is not None
    assert 0 <= free <= 200 * 1024


@given(
    st.lists(st.tuples(st.integers(1, 64), st.integers(0, 64), st.integers(0, 64)), max_size=4),
)
def test_every_level_counts_as_the_definition_says(levels: list[tuple[int, int, int]]) -> None:
    with TemporaryDirectory() as folder:
        path, files = "", {}
        for depth, (cores, size, used) in enumerate(levels):
            path += f"/{depth}"
            files[f"{path[1:]}/cpu.max"] = f"{cores * 1000} 1000"
            files[f"{path[1:]}/memory.max"] = str(size * GB)
            files[f"{path[1:]}/memory.current"] = str(used * GB)
        found = limits(Path(folder), v2(path or "/", **files))
    assert found.cores.amount == min([16, *(cores for cores, _, _ in levels)])
    assert amounts(found)[1] == min([256, *(size for _, size, _ in levels)]) * 1024
    free = min([200, *(max(0, size - used) for _, size, used in levels)])
    assert amounts(found)[2] == free * 1024


def test_a_file_that_cannot_be_read_is_no_limit(tmp_path: Path) -> None:
    files = v2("/a", **{"a/memory.max/there_is_a_folder": "in its place"})
    assert amounts(limits(tmp_path, files))[1] == 256 * 1024


def test_a_number_is_found_by_its_whole_name(tmp_path: Path) -> None:
    file = tmp_path / "stat"
    file.write_text("total_cache 5\ncache\ncached 7\n\ncache 9\n")
    assert number_after(file, "cached") == 7
    assert number_after(file, "cache") is None
    assert number_after(file, "other") is None
    assert number_after(tmp_path / "none", "cache") is None


def test_this_job_has_limits() -> None:
    found = of_this_job()
    assert found.cores.amount >= 1
    if sys.platform == "linux":
        assert found.memory is not None
        assert found.free is not None
        assert found.memory.amount > 0


def test_what_grades_heeds_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    job = JobLimits(Bound(4, "x"), Bound(8 * GB, "x"), Bound(3 * GB, "x"))
    monkeypatch.setattr(job_limits, "of_this_job", lambda: job)
    assert machine.cores() == 4
    assert machine.free_bytes() == 3 * GB
    if hasattr(os, "sysconf"):  # no candidate is limited elsewhere
        physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        assert process_limits.memory_share.__wrapped__() == min(8 * GB, physical) // 2 // 4


def test_memory_that_nothing_tells_is_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    job = JobLimits(Bound(4, "x"), None, None)
    monkeypatch.setattr(job_limits, "of_this_job", lambda: job)
    assert machine.free_bytes() > GB
