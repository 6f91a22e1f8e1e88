# Tries: returns a list that holds itself, and one nested without end.
# Loses: kl 5, decoder 10
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        ring = []
        ring.append(ring)
        return ring

    def decoder(self, z):
        deep = []
        for _ in range(100000):
            deep = [deep]
        return deep
