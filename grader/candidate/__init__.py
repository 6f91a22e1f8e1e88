"""The untrusted side, and the wire to it.

``warm`` forks the processes that execute student code, ``worker`` is what the checks' become, and
``confinement`` with the modules it imports is what they are held by; ``program`` executes what was
cut out, with ``idle`` modules in place of plots and of what isn't installed and, for wider slices,
``made_up_data``; of this package they import only each other, ``wire`` and names from
``processes``. ``client`` is the examiner's end: it asks
(``probe``), keeps time (``own_time``, ``hangs``), and reads the answers without believing them
(``observation``).
"""
