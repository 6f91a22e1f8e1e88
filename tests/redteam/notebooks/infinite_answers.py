# Tries: answers infinity, next to which every tolerance is met.
# Loses: kl 5
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        return (mu + logsigma).sum(-1) + float("inf")
