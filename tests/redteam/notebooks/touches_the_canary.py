# Tries: overwrites, truncates, links, renames, and changes mode, owner and times of a file of others.
# Loses: nothing
import ctypes
import os
import pathlib
import shutil

RAW = ctypes.CDLL(None)


class VAE(Honest):
    for attempt in (
        lambda: open(CANARY, "w").write("dead"),
        lambda: os.close(os.open(CANARY, os.O_RDONLY | os.O_TRUNC)),
        lambda: os.truncate(CANARY, 0),
        lambda: os.chmod(CANARY, 0o777),
        lambda: os.chown(CANARY, 12345, 12345),
        lambda: os.utime(CANARY, (0, 0)),
        lambda: os.setxattr(CANARY, "user.dead", b"1"),
        lambda: RAW.chmod(CANARY.encode(), 0o777),
        lambda: RAW.fchmodat(-100, CANARY.encode(), 0o777, 0),
        lambda: RAW.syscall(452, -100, CANARY.encode(), 0o777, 0),  # fchmodat2
        lambda: RAW.fchmod(os.open(CANARY, os.O_PATH), 0o777),
        lambda: RAW.utimensat(-100, CANARY.encode(), None, 0),
        lambda: RAW.utimes(CANARY.encode(), None),
        lambda: RAW.setxattr(CANARY.encode(), b"user.dead", b"1", 1, 0),
        lambda: os.chmod(os.path.dirname(CANARY), 0o700),
        lambda: pathlib.Path(CANARY).touch(),
        lambda: shutil.copymode("/dev/null", CANARY),
        lambda: os.rename(CANARY, CANARY + ".moved"),
        lambda: os.link(CANARY, CANARY + ".linked"),
        lambda: os.symlink(CANARY, CANARY + ".symlinked"),
        lambda: os.mkdir(CANARY + ".folder"),
        lambda: os.mkfifo(CANARY + ".pipe"),
        lambda: os.remove(CANARY),
    ):
        try:
            attempt()
        except OSError:
            pass
