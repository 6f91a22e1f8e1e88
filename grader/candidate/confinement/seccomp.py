"""A filter of system calls: the ones that computing needs are allowed, all others are refused.

The program is assembled here rather than by libseccomp, because that is a system library which a
fresh machine need not have, and its Python binding can't be imported without it. Formats:
linux/filter.h, linux/seccomp.h and seccomp(2).

What is refused fails with an error code and does not kill, so that honest code which tries
something out gets an exception, and a library that has another way takes it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from grader.candidate.confinement.system_calls import NEWEST, audit_architecture, numbers
from grader.protocol import libc

_LOAD, _JUMP, _EQUAL, _AT_LEAST, _AND, _RETURN = 0x20, 0x05, 0x15, 0x35, 0x54, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_SECCOMP_MODE_FILTER = 2

_CLONE_THREAD = 0x00010000
_CLONE_OTHER = 0x7E02_2000  # ptrace, new mount, cgroup, uts, ipc, user, pid and network namespaces
_AF_UNIX = 1
_STREAM, _SEQPACKET, _TYPE = 1, 5, 0xF
# A descriptor's owner gets its signals: F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY.
_OWNING_FCNTLS = (8, 10, 15, 1024, 1026)
# FIOSETOWN, SIOCSPGRP; and TIOCSTI, TIOCSCTTY, TIOCLINUX, which put words into a terminal's mouth.
_OWNING_IOCTLS = (0x8901, 0x8902, 0x5412, 0x540E, 0x541C)
# PR_GET_PDEATHSIG, PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_GET_SECCOMP, PR_CAPBSET_READ,
# PR_SET_TIMERSLACK, PR_GET_TIMERSLACK, PR_GET_NO_NEW_PRIVS, PR_GET_THP_DISABLE, PR_SET_VMA
_HARMLESS_PRCTLS = (2, 3, 15, 16, 21, 23, 29, 30, 39, 42, 0x53564D41)
_OPEN_MODE = os.O_ACCMODE | os.O_TRUNC

_ANSWERS = {
    # Their arguments lie in memory, where no filter can look: the C library then takes the older.
    **dict.fromkeys(("clone3", "openat2"), errno.ENOSYS),
    # ZeroMQ aborts where it can't give a new thread the policy that it has anyway.
    "sched_setscheduler": 0,
    # Landlock bounds neither of these, so files of others could be changed. Whoever copies a file
    # is content if its mode seems to be set, and there seem to be no attributes. (Of times that
    # isn't said: `Path.touch` makes a file only if they can't be set.)
    **dict.fromkeys(("chmod", "fchmod", "fchmodat", "fchmodat2"), 0),
    **{
        f"{of}{call}xattr": errno.ENOTSUP
        for of in ("", "l", "f")
        for call in ("get", "set", "list")
    },
    # It could take room that doesn't show in a file's length; the C library then writes zeros.
    "fallocate": errno.EOPNOTSUPP,
}
"""Calls that aren't made, by the error that they seem to end with."""

_NAMING_A_PROCESS = ("kill", "tgkill", "prlimit64", "sched_setaffinity")
_SOCKETS = frozenset(("socket", "bind", "listen", "accept", "accept4"))


@dataclass(frozen=True)
class ArgumentRule:
    """A call is allowed if an argument's lower 32 bits, masked, are (or are not) one of these."""

    argument: int
    values: tuple[int, ...]
    mask: int = 0xFFFFFFFF
    among: bool = True


def bpf_program(pid: int, unix_sockets: bool) -> bytes:
    """Return the filter for the process ``pid``, as the kernel takes it.

    Raises:
        OSError: this machine's architecture is not known.
    """
    rules = _rules(pid)
    code = [_arm(name, numbers()[name], rules) for name in _NAMING_A_PROCESS if name in numbers()]
    refusal = _instruction(_RETURN, _ERROR | errno.EPERM)
    return b"".join((_for_everyone(unix_sockets), *code, refusal))


@cache
def _for_everyone(unix_sockets: bool) -> bytes:
    """Return the part of the filter that is the same for every process.

    What it has no rule for passes on to the rest.

    It is kept, since to put it together takes longer than all else that confines a process.
    """
    architecture = audit_architecture()
    if architecture is None:
        raise OSError(errno.ENOSYS, "no filter of system calls is known for this architecture")
    code = [
        _instruction(_LOAD, _ARCHITECTURE_AT),
        _instruction(_EQUAL, architecture, 1, 0),
        # Another architecture's numbers mean other calls.
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NUMBER_AT),
        _instruction(_AT_LEAST, NEWEST + 1, 0, 1),
        _instruction(_RETURN, _ERROR | errno.ENOSYS),
    ]
    rules = _rules(0)
    for name, number in numbers().items():
        if name not in _NAMING_A_PROCESS and (unix_sockets or name not in _SOCKETS):
            code.append(_arm(name, number, rules))
    return b"".join(code)


def _arm(name: str, number: int, rules: Mapping[str, tuple[ArgumentRule, ...]]) -> bytes:
    """Return what decides about one call, and is stepped over by all others."""
    block = _block(name, rules)
    return b"".join((_instruction(_EQUAL, number, 0, len(block)), *block))


def install(code: bytes) -> None:
    """Filter this process's system calls from here to its end; needs ``no_new_privs``.

    Raises:
        OSError: the kernel has no such filters.
    """

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))

    libc.prctl(
        libc.PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(Program(len(code) // 8, code))
    )


def _rules(pid: int) -> Mapping[str, tuple[ArgumentRule, ...]]:
    """Return what the arguments of some calls of the process ``pid`` must be."""
    itself = (0, pid)
    # To truncate on opening needs no write access to the file in Landlock's older versions.
    no_truncation = {
        name: (ArgumentRule(argument, (os.O_TRUNC,), _OPEN_MODE, among=False),)
        for name, argument in (("open", 1), ("openat", 2))
    }
    local = ArgumentRule(0, (_AF_UNIX,))
    # A datagram can be addressed to anybody's socket; a stream reaches whom it is connected to,
    # and connecting is not allowed: others may connect to us.
    connected = ArgumentRule(1, (_STREAM, _SEQPACKET), _TYPE)
    return {
        "kill": (ArgumentRule(0, (pid, -pid & 0xFFFFFFFF)),),
        "tgkill": (ArgumentRule(0, (pid,)),),
        "prlimit64": (ArgumentRule(0, itself),),
        "sched_setaffinity": (ArgumentRule(0, itself),),
        # Threads, but no processes and no namespaces.
        "clone": (ArgumentRule(0, (_CLONE_THREAD,), _CLONE_THREAD | _CLONE_OTHER),),
        "fcntl": (ArgumentRule(1, _OWNING_FCNTLS, among=False),),
        "ioctl": (ArgumentRule(1, _OWNING_IOCTLS, among=False),),
        "prctl": (ArgumentRule(0, _HARMLESS_PRCTLS),),
        "socket": (local, connected),
        "socketpair": (local, connected),
        **no_truncation,
    }


def _block(name: str, rules: Mapping[str, tuple[ArgumentRule, ...]]) -> list[bytes]:
    """Return what follows once a call's number is recognised; it always ends in a return."""
    if name in _ANSWERS:
        return [_instruction(_RETURN, _ERROR | _ANSWERS[name])]
    code: list[bytes] = []
    for rule in rules.get(name, ()):
        code += _rule_code(rule)
    return [*code, _instruction(_RETURN, _ALLOW)]


def _rule_code(rule: ArgumentRule) -> list[bytes]:
    """Return code that goes on after itself if the rule holds, and refuses otherwise."""
    low = 0 if struct.pack("=H", 1) == struct.pack("<H", 1) else 4
    code = [
        _instruction(_LOAD, _ARGUMENTS_AT + 8 * rule.argument + low),
        _instruction(_AND, rule.mask),
    ]
    for left in reversed(range(len(rule.values))):
        value = rule.values[len(rule.values) - 1 - left]
        # Over the other comparisons and what follows them.
        code.append(_instruction(_EQUAL, value, left + 1, 0))
    refusal = _instruction(_RETURN, _ERROR | errno.EPERM)
    return [*code, refusal] if rule.among else [*code, _instruction(_JUMP, 1), refusal]


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
