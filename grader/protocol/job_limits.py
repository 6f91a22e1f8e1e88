"""What the job that this process belongs to may use, which can be less than the machine has.

A container, a batch system such as Slurm, or a service manager gives a job a part of the machine,
and ends it where it takes more. Of all that say how large the part is, the smallest counts; what
can't be read or understood sets no bound.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_MEGABYTE = 1 << 20
_MACHINE = "the machine"
_COUNTED = {"cpu", "memory"}
"""The controllers of version 1 that are asked; in version 2 one hierarchy has all."""


@dataclass(frozen=True)
class Bound:
    """An amount, of cores or of bytes, and who says that there is no more of it."""

    amount: int
    by: str


@dataclass(frozen=True)
class JobLimits:
    """The smallest bounds on a job.

    Attributes:
        cores: how many processors it may keep busy, at least 1.
        memory: bytes that it may hold altogether; None if nothing says so.
        free: bytes that it may still take; None likewise.
    """

    cores: Bound
    memory: Bound | None
    free: Bound | None


def of_this_job() -> JobLimits:
    """Return the limits of the job that this process belongs to, as they are now."""
    return read_limits(Path("/"), os.environ, _processors())


def read_limits(root: Path, variables: Mapping[str, str], processors: Sequence[Bound]) -> JobLimits:
    """Return the limits of a job.

    Args:
        root: what /proc and the control groups' file systems lie in.
        variables: the environment, in which Slurm says what it gave.
        processors: what the system says of cores, at least one.
    """
    groups = tuple(_groups(root))
    slurm_cores = _slurm_cores(variables)
    cores = [*processors, *slurm_cores, *(bound for group in groups for bound in group.cores())]
    slurm_memory = _slurm_memory(variables, slurm_cores or processors)
    meminfo = root / "proc/meminfo"
    memory, free = [*_kilobytes(meminfo, "MemTotal:"), *slurm_memory], [*slurm_memory]
    free[:0] = _kilobytes(meminfo, "MemAvailable:")
    for group in groups:
        for limit in group.memory():
            memory.append(limit)
            free.append(Bound(max(0, limit.amount - group.held()), limit.by))
    fewest = min(cores, key=_amount)
    return JobLimits(
        Bound(max(1, fewest.amount), fewest.by),
        min(memory, key=_amount, default=None),
        min(free, key=_amount, default=None),
    )


def number_after(path: Path, name: str) -> int | None:
    """Return the number that stands behind a name at the start of a line; None without one."""
    for line in _text(path).splitlines():
        name_here, *numbers = line.split() or [""]
        if name_here == name:
            return _number(numbers[0]) if numbers else None
    return None


@dataclass(frozen=True)
class _Group:
    """A control group: its folder in a file system of version 1 or 2, and its name in words."""

    folder: Path
    version: int
    name: str

    def cores(self) -> Iterator[Bound]:
        """Yield how many cores its quota is worth, if it has one."""
        if self.version == 2:
            quota, period = (*map(_number, _text(self.folder / "cpu.max").split()), None, None)[:2]
        else:
            quota = _number(_text(self.folder / "cpu.cfs_quota_us"))
            period = _number(_text(self.folder / "cpu.cfs_period_us"))
        if quota and period and quota > 0 and period > 0:
            yield Bound(quota // period, self.name)

    def memory(self) -> Iterator[Bound]:
        """Yield its limits; 'unlimited' is a word in version 2, and in 1 a number past any RAM."""
        files = ("memory.max", "memory.high") if self.version == 2 else ("memory.limit_in_bytes",)
        for file in files:
            limit = _number(_text(self.folder / file))
            if limit is not None and limit >= 0:
                yield Bound(limit, self.name)

    def held(self) -> int:
        """Return the bytes that can't be had again; files read long ago are dropped at need."""
        usage, cache = (
            ("memory.current", "inactive_file")
            if self.version == 2
            else ("memory.usage_in_bytes", "total_inactive_file")
        )
        used = _number(_text(self.folder / usage)) or 0
        return max(0, used - max(0, number_after(self.folder / "memory.stat", cache) or 0))


def _groups(root: Path) -> Iterator[_Group]:
    """Yield the groups that this process is in, and all around them: each may be the tightest."""
    members = tuple(_memberships(root))
    for mounted, mount_point, version, options in _mounts(root):
        wanted = options & _COUNTED
        for controllers, path in members:
            if not controllers if version == 2 else controllers & wanted:
                top = root / mount_point.lstrip("/")
                inner = _beneath(path, mounted)
                for folder in (top / inner, *(top / outer for outer in inner.parents)):
                    if folder.is_dir():
                        name = f"control group /{folder.relative_to(root).as_posix()}"
                        yield _Group(folder, version, name)


def _memberships(root: Path) -> Iterator[tuple[frozenset[str], str]]:
    """Yield the controllers of each hierarchy, none for version 2, and this process's group."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, colon, path = rest.partition(":")
        if colon:
            yield frozenset(filter(None, controllers.split(","))), path


def _mounts(root: Path) -> Iterator[tuple[str, str, int, frozenset[str]]]:
    """Yield, for each file system of groups, what of it is mounted where, version and options."""
    for line in _text(root / "proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        version = {"cgroup": 1, "cgroup2": 2}.get(kinds[0])
        if version and len(fields) > 4:
            mounted, mount_point = map(_unescaped, fields[3:5])
            yield mounted, mount_point, version, frozenset(kinds[-1].split(","))


def _beneath(path: str, mounted: str) -> PurePosixPath:
    """Return a group's place beneath a mount of the group ``mounted``.

    That is the mount's own root where the group lies elsewhere: in a container the names may be
    those that its host gives.
    """
    try:
        inner = PurePosixPath(path).relative_to(mounted)
    except ValueError:
        return PurePosixPath()
    return PurePosixPath() if ".." in inner.parts else inner


def _slurm_cores(variables: Mapping[str, str]) -> list[Bound]:
    """Return what Slurm gave this task; without a number for each task, all on this node."""
    for name in ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"):
        count = _number(variables.get(name, ""))
        if count and count > 0:
            return [Bound(count, name)]
    return []


def _slurm_memory(variables: Mapping[str, str], cores: Sequence[Bound]) -> list[Bound]:
    """Return what Slurm gave for these cores, in bytes; its 0 is all that the node has."""
    node, core = "SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU"
    amounts = [(_number(variables.get(node, "")), 1, node)]
    amounts += [(_number(variables.get(core, "")), bound.amount, core) for bound in cores]
    return [Bound(size * times * _MEGABYTE, by) for size, times, by in amounts if size and size > 0]


def _processors() -> tuple[Bound, ...]:
    there = Bound(os.cpu_count() or 1, _MACHINE)
    if not hasattr(os, "sched_getaffinity"):
        return (there,)
    return there, Bound(len(os.sched_getaffinity(0)), "the process's affinity")


def _kilobytes(meminfo: Path, name: str) -> list[Bound]:
    size = number_after(meminfo, name)
    return [] if size is None else [Bound(max(0, size) * 1024, _MACHINE)]


def _amount(bound: Bound) -> int:
    return bound.amount


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except (OSError, ValueError):
        return ""


def _number(text: str) -> int | None:
    """Return a whole number that a text is; None for any other text."""
    return int(text) if re.fullmatch(r"\s*-?[0-9]{1,30}\s*", text) else None


def _unescaped(text: str) -> str:
    r"""Return a path of /proc/self/mountinfo, in which a space is ``\040``."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
