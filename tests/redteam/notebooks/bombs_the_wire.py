# Tries: announces messages of endless size, nests JSON without end, and drips bytes to hold the line.
# Loses: kl 5
import os
import struct
import time


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        frames = {1: struct.pack(">QQ", 2**63, 2**63), 2: struct.pack(">QQ", 4 << 20, 0) + b"[" * (4 << 20),
                  7: struct.pack(">QQ", 40, 0) + b'{"body": {}, "arrays": [{"shape": [1e99]}]}'}
        data = frames.get(len(mu))
        if data is None:
            data = struct.pack(">QQ", 1000, 0)
        for fd in range(3, 64):
            try:
                os.write(fd, data)
                while len(mu) == 128:
                    os.write(fd, b" ")
                    time.sleep(0.05)
            except OSError:
                pass
        return torch.ones(len(mu))
