# Tries: prints without end.
# Loses: kl 5
import sys


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        while True:
            print("A" * 10**6)
            sys.stderr.write("B" * 10**6)
