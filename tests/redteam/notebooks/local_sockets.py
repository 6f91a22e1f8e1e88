# Tries: reaches services of this machine through their local sockets.
# Loses: nothing
import socket


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        for address in (CANARY + ".socket", "/run/docker.sock", "/dev/log", "\0" + CANARY):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                try:
                    with socket.socket(socket.AF_UNIX, kind) as line:
                        line.connect(address)
                        line.sendall(b"escaped")
                except OSError:
                    pass
        return super().kl_divergence(mu, logsigma)
