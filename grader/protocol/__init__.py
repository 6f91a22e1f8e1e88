"""What examiner and candidate share: the wire, its messages, and the limits of a process."""
