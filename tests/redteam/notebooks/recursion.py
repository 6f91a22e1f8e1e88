# Tries: exhausts the stack, in Python and in C.
# Loses: kl 5
import sys


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        sys.setrecursionlimit(10**9)
        return self.kl_divergence(mu, logsigma)
