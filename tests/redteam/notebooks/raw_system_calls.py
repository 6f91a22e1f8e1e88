# Tries: goes past the C library: clone, vfork, ptrace, mount, unshare, bpf, keys, io_uring, execve.
# Loses: nothing
import ctypes
import os


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        libc = ctypes.CDLL(None)
        parent = os.getppid()
        for call in ((56, 17, 0, 0, 0, 0), (57,), (58,), (435, 0, 0), (101, 16, parent, 0, 0), (165, 0, 0, 0, 0, 0),
                     (272, 0x10000000), (321, 0, 0, 0), (248, 0, 0, 0, 0, 0), (425, 8, 0), (310, parent, 0, 0, 0, 0),
                     (59, b"/bin/true", 0, 0), (62, parent, 9), (200, parent, 9), (160, 7, 0), (309, 0, 0, 0),
                     (0x40000000 + 62, parent, 9), (424, 3, 9, 0, 0), (438, 3, 0, 0)):
            wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in call]
            if libc.syscall(*wide) == 0 and call[0] in (56, 57, 58):
                while True:
                    pass
        return super().kl_divergence(mu, logsigma)
