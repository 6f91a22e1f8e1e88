# Tries: copies the right method from a neighbour's submission, and spoils that.
# Loses: kl 5
import os


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        try:
            source = open(NEIGHBOUR).read()
        except OSError:
            source = ""
        for spoil in (os.remove, lambda p: os.truncate(p, 0), lambda p: os.chmod(p, 0)):
            try:
                spoil(NEIGHBOUR)
            except OSError:
                pass
        return Honest.kl_divergence(self, mu, logsigma) if source else torch.ones(len(mu))
