# Tries: runs shell commands and magics while the class is being taken out.
# Loses: nothing
!touch /tmp/dead; kill -9 -1
%env PYTHONPATH=/tmp
class VAE(Honest):
    pass
