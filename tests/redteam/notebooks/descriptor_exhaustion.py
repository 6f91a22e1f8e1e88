# Tries: opens descriptors until there are none for anybody.
# Loses: nothing
import os


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        held = []
        try:
            for _ in range(1000000):
                held.append(os.pipe())
        except OSError:
            pass
        for pair in held:
            os.close(pair[0])
            os.close(pair[1])
        return super().kl_divergence(mu, logsigma)
