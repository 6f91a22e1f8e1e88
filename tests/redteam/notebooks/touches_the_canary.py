# Tries: overwrites, truncates, links, renames, and changes mode, owner and times of a file of others.
# Loses: nothing
import os


class VAE(Honest):
    for attempt in (
        lambda: open(CANARY, "w").write("dead"),
        lambda: os.close(os.open(CANARY, os.O_RDONLY | os.O_TRUNC)),
        lambda: os.truncate(CANARY, 0),
        lambda: os.chmod(CANARY, 0o777),
        lambda: os.chown(CANARY, 12345, 12345),
        lambda: os.utime(CANARY, (0, 0)),
        lambda: os.setxattr(CANARY, "user.dead", b"1"),
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
