"""The untrusted side, and the wire to it.

``warm``, ``worker``, ``cpu_only`` and ``limits`` run in processes that execute student code; they
import nothing else of this package but ``wire``. ``client`` is the examiner's end.
"""
