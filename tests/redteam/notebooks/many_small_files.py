# Tries: leaves more files, links and nested folders in its own folder than can be measured or removed.
# Loses: kl 5
import os


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        for _ in range(10**4):
            open("f", "w").close()
            os.link("f", "l")
            os.mkdir("closed", 0)
            os.mkdir("d")
            os.chdir("d")
        return super().kl_divergence(mu, logsigma)
