# Tries: leaves files, links and closed folders in its own folder, deeper than a path may be long.
# Loses: nothing
import os


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        if not os.path.exists("f"):
            home, name = os.getcwd(), "d" * 200
            for _ in range(30):
                open("f", "w").close()
                os.link("f", "l")
                os.mkdir("closed", 0)
                os.mkdir(name)
                os.chdir(name)
            os.chdir(home)
        return super().kl_divergence(mu, logsigma)
