"""The filter of system calls, read as the kernel reads it."""

from __future__ import annotations

import errno
import os
import struct
import sys
from collections.abc import Iterable

import pytest

from grader.candidate.confinement import seccomp
from grader.candidate.confinement.system_calls import NEWEST, audit_architecture, numbers

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or audit_architecture() is None, reason="needs Linux's system calls"
)
PID = 4321
ALLOWED = 0x7FFF0000
EPERM, ENOSYS = 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
THREAD = 0x3D0F00


def evaluate(
    code: bytes, number: int, arguments: Iterable[int] = (), arch: int | None = None
) -> int:
    """What a filter returns for a call."""
    data = struct.pack("=IIQ", number, arch or audit_architecture() or 0, 0)
    data += b"".join(struct.pack("=Q", a & 0xFFFFFFFFFFFFFFFF) for a in arguments)
    data = data.ljust(64, b"\0")
    at = held = 0
    while True:
        kind, if_true, if_false, value = struct.unpack_from("=HBBI", code, 8 * at)
        at += 1
        match kind:
            case 0x06:
                return value
            case 0x20:
                (held,) = struct.unpack_from("=I", data, value)
            case 0x54:
                held &= value
            case 0x05:
                at += value
            case 0x15:
                at += if_true if held == value else if_false
            case 0x35:
                at += if_true if held >= value else if_false
            case _:
                raise AssertionError(f"instruction {kind:#x} is not one that is used")


def judge(name: str, *arguments: int, unix_sockets: bool = False) -> int:
    return evaluate(seccomp.bpf_program(PID, unix_sockets), numbers()[name], arguments)


@pytest.mark.parametrize("name", ["read", "write", "mmap", "futex", "getrandom", "exit_group"])
def test_computing_is_allowed(name: str) -> None:
    assert judge(name) == ALLOWED


@pytest.mark.parametrize(
    ("name", "arguments", "verdict"),
    [
        ("clone", (THREAD,), ALLOWED),
        ("clone", (17,), EPERM),
        ("clone", (THREAD & ~0x10000,), EPERM),
        ("clone", (THREAD | 0x10000000,), EPERM),
        ("clone", (THREAD | 0x2000,), EPERM),
        ("clone3", (), ENOSYS),
        ("openat2", (), ENOSYS),
        ("kill", (PID, 9), ALLOWED),
        ("kill", (-PID, 2), ALLOWED),
        ("kill", (0, 9), EPERM),
        ("kill", (-1, 9), EPERM),
        ("kill", (PID + 1, 9), EPERM),
        ("tgkill", (PID, 99, 6), ALLOWED),
        ("tgkill", (1, 1, 9), EPERM),
        ("prlimit64", (0, 7), ALLOWED),
        ("prlimit64", (1, 7), EPERM),
        ("fcntl", (3, 2), ALLOWED),
        ("fcntl", (3, 8), EPERM),
        ("fcntl", (3, 10), EPERM),
        ("fcntl", (3, 15), EPERM),
        ("ioctl", (0, 0x5401), ALLOWED),
        ("ioctl", (0, 0x5412), EPERM),
        ("prctl", (15,), ALLOWED),
        ("prctl", (1, 0), EPERM),
        ("prctl", (22, 0), EPERM),
        ("openat", (-100, 0, os.O_RDONLY), ALLOWED),
        ("openat", (-100, 0, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), ALLOWED),
        ("openat", (-100, 0, os.O_RDONLY | os.O_TRUNC), EPERM),
        ("socketpair", (1, 1 | 0x80000), ALLOWED),
        ("socketpair", (1, 2), EPERM),
        ("socketpair", (2, 1), EPERM),
    ],
)
def test_arguments_decide(name: str, arguments: tuple[int, ...], verdict: int) -> None:
    assert judge(name, *arguments) == verdict


@pytest.mark.parametrize("name", ["chmod", "fchmod", "fchmodat", "fchmodat2"])
def test_modes_seem_to_be_set(name: str) -> None:
    if name in numbers():
        assert judge(name) == 0x50000


@pytest.mark.parametrize("name", ["setxattr", "fgetxattr", "llistxattr", "fallocate"])
def test_no_file_system_seems_to_have_attributes_or_room_to_reserve(name: str) -> None:
    assert judge(name) == 0x50000 | errno.ENOTSUP


def test_local_sockets_listen_but_never_connect() -> None:
    assert judge("socket", 1, 1) == EPERM
    assert judge("socket", 1, 1, unix_sockets=True) == ALLOWED
    assert judge("socket", 1, 2, unix_sockets=True) == EPERM
    assert judge("socket", 2, 1, unix_sockets=True) == EPERM
    assert judge("bind", unix_sockets=True) == ALLOWED
    assert "connect" not in numbers()


def test_what_is_not_named_is_refused() -> None:
    code = seccomp.bpf_program(PID, unix_sockets=True)
    named = set(numbers().values())
    verdicts = {n: evaluate(code, n) for n in range(NEWEST + 1) if n not in named}
    assert len(verdicts) > 100
    assert set(verdicts.values()) == {EPERM}


def test_calls_of_later_kernels_do_not_exist() -> None:
    code = seccomp.bpf_program(PID, unix_sockets=True)
    assert evaluate(code, NEWEST + 1) == ENOSYS
    # x86-64's second set of numbers, for 32-bit pointers.
    assert evaluate(code, 0x40000000 + numbers()["read"]) == ENOSYS


def test_another_architecture_is_fatal() -> None:
    code = seccomp.bpf_program(PID, unix_sockets=True)
    assert evaluate(code, numbers()["read"], arch=0x40000003) == 0x80000000


def test_the_table_agrees_with_libseccomp() -> None:
    library = pytest.importorskip("pyseccomp", exc_type=(ImportError, RuntimeError, OSError))
    wrong = {
        name: number
        for name, number in numbers().items()
        if library.resolve_syscall(library.Arch.NATIVE, name) != number
    }
    assert not wrong
