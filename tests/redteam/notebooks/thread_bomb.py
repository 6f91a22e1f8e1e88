# Tries: starts threads until nothing can start any more.
# Loses: nothing
import threading
import time


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        threading.stack_size(32768)
        try:
            for _ in range(100000):
                threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
        except RuntimeError:
            pass
        return super().kl_divergence(mu, logsigma)
