# Tries: aborts the process.
# Loses: kl 5
import os


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        os.abort()
