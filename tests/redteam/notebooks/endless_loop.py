# Tries: never returns.
# Loses: kl 5
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        while True:
            pass
