# Tries: returns an object that runs a command when it is unpickled.
# Loses: kl 5
import os


class Bomb:
    def __reduce__(self):
        return (os.system, (f"echo dead > {CANARY}",))


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        return Bomb()
