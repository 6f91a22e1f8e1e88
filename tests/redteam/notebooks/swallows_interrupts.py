# Tries: ignores every signal and exception that could stop its loop.
# Loses: kl 5
import signal


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        for number in range(1, 65):
            try:
                signal.signal(number, lambda *a: None)
            except (OSError, ValueError):
                pass
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
