"""What both sides share: the wire, what is said on it, and the limits of a process."""
