"""The untrusted side: the processes that execute student code. It decides nothing.

``forkserver`` forks them. Each is one of three services: a ``worker`` builds models and makes the
calls that checks ask for, a ``kernel`` runs a notebook, a ``trainer`` trains the class.
``confinement`` holds them; ``patches`` are what student code finds changed around it. This package
imports `grader.protocol` alone, and nothing trusted imports it: its modules are started by name.
"""
