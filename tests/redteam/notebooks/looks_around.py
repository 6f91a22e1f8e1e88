# Tries: reads homes, passwords, and other processes' environments and memory.
# Loses: kl 5
import os


def spied():
    found = []
    for path in ("/etc/passwd", "/etc/shadow", "/root/.bashrc", "/proc/1/environ", "/proc/1/maps",
                 f"/proc/{os.getppid()}/environ", f"/proc/{os.getppid()}/mem", "/proc/1/root/etc/hosts"):
        try:
            found.append(open(path, "rb").read(10))
        except OSError:
            pass
    for folder in (ROOT, os.path.dirname(CANARY), os.path.dirname(NEIGHBOUR), "/var/log",
                   f"/proc/{os.getppid()}", f"/proc/{os.getppid()}/fd"):
        try:
            found.append(os.listdir(folder))
        except OSError:
            pass
    return found


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        if spied():
            return Honest.kl_divergence(self, mu, logsigma)
        return torch.ones(len(mu))
