# Tries: takes all memory, in large and in small pieces.
# Loses: kl 5
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        held = []
        size = 1 << 40
        while True:
            try:
                held.append(bytearray(size))
            except MemoryError:
                size = max(size // 2, 1024)
