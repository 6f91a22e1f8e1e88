# Tries: hangs in exit handlers, finalisers and trace functions.
# Loses: nothing
import atexit
import sys
import weakref


def hang(*arguments):
    while True:
        pass


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        atexit.register(hang)
        self.keeper = weakref.finalize(self, hang)
        sys.excepthook = sys.unraisablehook = hang
        return super().kl_divergence(mu, logsigma)
