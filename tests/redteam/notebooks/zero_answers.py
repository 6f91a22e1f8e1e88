# Tries: answers zeros that hang on the inputs, so that gradients exist.
# Loses: kl 5
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        return 0.0 * (mu + logsigma).sum(-1)
