# Tries: crashes the interpreter with a wild read.
# Loses: kl 5
import ctypes


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        ctypes.string_at(8)
