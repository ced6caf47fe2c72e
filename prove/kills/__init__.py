"""The real process, killed where it is most inconvenient: at system calls, at random, while it gets up again."""
