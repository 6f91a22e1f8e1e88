"""Numbers of the Linux system calls that student code may make, as the kernel's headers have them.

Only what is named here can be allowed, or answered in another way; anything else is refused, so a
system call that a later kernel adds needs no mention. The generic table (AArch64, RISC-V) lacks the
calls that newer ones replace.
"""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

NEWEST = 462
"""Highest number that was known when this was written; beyond it a call doesn't exist for us."""

# name, x86-64, generic ("-" where there is none)
_TABLE = """
accept 43 202; accept4 288 242; access 21 -; alarm 37 -; arch_prctl 158 -; bind 49 200
brk 12 214; chdir 80 49; chmod 90 -; clock_getres 229 114; clock_gettime 228 113
clock_nanosleep 230 115
clone 56 220; clone3 435 435; close 3 57; close_range 436 436; copy_file_range 326 285
creat 85 -; dup 32 23; dup2 33 -; dup3 292 24; epoll_create 213 -; epoll_create1 291 20
epoll_ctl 233 21; epoll_pwait 281 22; epoll_pwait2 441 441; epoll_wait 232 -; eventfd 284 -
eventfd2 290 19; exit 60 93; exit_group 231 94; faccessat 269 48; faccessat2 439 439
fadvise64 221 223; fallocate 285 47; fchdir 81 50; fchmod 91 52; fchmodat 268 53
fchmodat2 452 452; fcntl 72 25; fdatasync 75 83; flock 73 32
fgetxattr 193 10; flistxattr 196 13; fsetxattr 190 7; fstat 5 80; fstatfs 138 44; fsync 74 82
ftruncate 77 46; futex 202 98; futex_waitv 449 449
get_mempolicy 239 236; get_robust_list 274 100; getcpu 309 168; getcwd 79 17; getdents 78 -
getdents64 217 61; getegid 108 177; geteuid 107 175; getgid 104 176; getgroups 115 158
getitimer 36 102; getpeername 52 205; getpgid 121 155; getpgrp 111 -; getpid 39 172
getppid 110 173; getpriority 140 141; getrandom 318 278; getresgid 120 150; getresuid 118 148
getrlimit 97 163; getrusage 98 165; getsid 124 156; getsockname 51 204; getsockopt 55 209
getxattr 191 8; gettid 186 178; gettimeofday 96 169; getuid 102 174; ioctl 16 29; kill 62 129
lgetxattr 192 9
link 86 -; listxattr 194 11; llistxattr 195 12; lsetxattr 189 6
linkat 265 37; listen 50 201; lseek 8 62; lstat 6 -; madvise 28 233; membarrier 324 283
mincore 27 232; mkdir 83 -; mkdirat 258 34; mlock 149 228; mlock2 325 284; mmap 9 222
mprotect 10 226; mremap 25 216; msync 26 227; munlock 150 229; munmap 11 215; nanosleep 35 101
newfstatat 262 79; open 2 -; openat 257 56; openat2 437 437; pause 34 -; pipe 22 -; pipe2 293 59
poll 7 -; ppoll 271 73; prctl 157 167; pread64 17 67; preadv 295 69; preadv2 327 286
prlimit64 302 261; pselect6 270 72; pwrite64 18 68; pwritev 296 70; pwritev2 328 287; read 0 63
readahead 187 213; readlink 89 -; readlinkat 267 78; readv 19 65; recvfrom 45 207
recvmmsg 299 243; recvmsg 47 212; rename 82 -; renameat 264 38; renameat2 316 276
restart_syscall 219 128; rmdir 84 -; rseq 334 293; rt_sigaction 13 134; rt_sigpending 127 136
rt_sigprocmask 14 135; rt_sigreturn 15 139; rt_sigsuspend 130 133; rt_sigtimedwait 128 137
sched_get_priority_max 146 125; sched_get_priority_min 147 126; sched_getaffinity 204 123
sched_getparam 143 121; sched_getscheduler 145 120; sched_rr_get_interval 148 127
sched_setaffinity 203 122; sched_setscheduler 144 119; sched_yield 24 124; select 23 -
sendfile 40 71; sendmmsg 307 269
sendmsg 46 211; sendto 44 206; set_robust_list 273 99; set_tid_address 218 96; setitimer 38 103
setrlimit 160 164; setxattr 188 5; setsockopt 54 208; shutdown 48 210; sigaltstack 131 132
signalfd4 289 74
socket 41 198; socketpair 53 199; stat 4 -; statfs 137 43; statx 332 291
sysinfo 99 179; tgkill 234 131; time 201 -; timer_create 222 107
timer_delete 226 111; timer_getoverrun 225 109; timer_gettime 224 108; timer_settime 223 110
timerfd_create 283 85; timerfd_gettime 287 87; timerfd_settime 286 86; times 100 153
umask 95 166; uname 63 160; unlink 87 -; unlinkat 263 35; wait4 61 260; waitid 247 95; write 1 64
writev 20 66
"""

_AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7, "riscv64": 0xC00000F3}


def audit_architecture() -> int | None:
    """Return what seccomp calls this machine's architecture; None where the table doesn't reach."""
    return _AUDIT.get(platform.machine())


@cache
def numbers() -> Mapping[str, int]:
    """Return the numbers of the calls that exist on this machine, by name."""
    column = 1 if platform.machine() == "x86_64" else 2
    entries = (entry.split() for entry in _TABLE.replace("\n", ";").split(";"))
    by_name = {e[0]: int(e[column]) for e in entries if e and e[column] != "-"}
    return MappingProxyType(by_name)
