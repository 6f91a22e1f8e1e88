# Tries: puts HTML, terminal escapes and spreadsheet formulas into what the instructor reads.
# Loses: kl 5, decoder 10
class Alert(Exception):
    pass


Alert.__name__ = "<img src=x onerror=alert(1)>\x1b[2J=cmd()"


class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        raise Alert("\x1b]0;owned\x07\x1b[31m<script>alert(1)</script>\r\n=HYPERLINK(1)\u202e" + "A" * 10**6)

    def decoder(self, z):
        return type("\x1b[2J<b>" * 1000, (), {})()
