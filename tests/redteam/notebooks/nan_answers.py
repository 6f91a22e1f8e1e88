# Tries: answers NaN, which some comparisons let through.
# Loses: kl 5
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        return (mu + logsigma).sum(-1) * float("nan")
