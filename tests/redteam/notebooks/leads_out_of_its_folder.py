# Tries: has whoever cleans up its folder follow a link, and writes by one, to what is not its own.
# Loses: nothing
import os


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        for lead in (
            lambda: os.symlink(os.path.dirname(CANARY), "away"),
            lambda: os.link(CANARY, "linked"),
            lambda: os.rename(CANARY, "moved"),
            lambda: os.rename(".", "../moved"),
            lambda: os.mkfifo("pipe"),
            lambda: os.rmdir(os.getcwd()),
            lambda: open("../note", "w").write("x"),
        ):
            try:
                lead()
            except OSError:
                pass
        return super().kl_divergence(mu, logsigma)
