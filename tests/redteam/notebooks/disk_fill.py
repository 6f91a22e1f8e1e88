# Tries: fills the disk wherever it may write.
# Loses: kl 5
import os
import tempfile


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        for folder in (".", "/tmp", "/var/tmp", "/dev/shm", os.path.dirname(CANARY), "/run"):
            try:
                for number in range(1000):
                    with open(f"{folder}/{number}.fill", "wb") as file:
                        file.write(bytes(1 << 24))
            except OSError:
                pass
        try:
            tempfile.mkdtemp()
        except OSError:
            pass
        return super().kl_divergence(mu, logsigma)
